namespace Sandbox.Policies;

/// <summary>There are none when the sandbox is built: a built-in policy extends built-in ones.</summary>
internal static class PolicyFiles
{
    public static PolicySource? Read(string path, out string? problem)
    {
        problem = $"cannot be read: {path} is no built-in policy";
        return null;
    }
}
