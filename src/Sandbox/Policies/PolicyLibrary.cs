using System.Text.Json;
using Sandbox.Jobs;

namespace Sandbox.Policies;

/// <summary>The policies that are part of the sandbox, as text, and the chain of policies that one extends.</summary>
internal sealed class PolicyLibrary(PolicyProblems problems)
{
    // A chain this long is a mistake; it also ends every circle.
    private const int MaxChain = 8;
    private const string Prefix = "policies/";
    private const string Suffix = ".json";
    private const string GroupsFile = "groups";

    /// <summary>Names of the built-in policies, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(PolicyLibrary).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Where(name => name != GroupsFile)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A built-in policy's source, or null if there is none of that name.</summary>
    public static PolicySource? BuiltIn(string name)
    {
        using var stream = typeof(PolicyLibrary).Assembly.GetManifestResourceStream(Prefix + name + Suffix);
        if (stream is null)
        {
            return null;
        }

        var json = new byte[stream.Length];
        stream.ReadExactly(json);
        return new PolicySource { Name = Prefix + name + Suffix, Json = json, Pointer = "", Directory = null };
    }

    /// <summary>What a built-in policy says it is for.</summary>
    public static string Description(string name)
    {
        using var policy = JsonDocument.Parse(BuiltIn(name)!.Json, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return policy.RootElement.GetProperty("description").GetString()!;
    }

    /// <summary>The built-in groups.</summary>
    public PolicyDocument Groups() => new PolicyReader(problems).Read(BuiltIn(GroupsFile)!);

    /// <summary>The policy and those it extends, nearest first.</summary>
    public IReadOnlyList<PolicyDocument> Chain(PolicySource source)
    {
        var chain = new List<PolicyDocument>();
        while (true)
        {
            var document = new PolicyReader(problems).Read(source);
            chain.Add(document);
            if (document.Extends is not { } extends)
            {
                return chain;
            }

            if (chain.Count == MaxChain)
            {
                problems.Add(extends, "the policies extend each other in a circle");
                return chain;
            }

            if (Find(extends) is not { } next)
            {
                return chain;
            }

            source = next;
        }
    }

    private PolicySource? Find(PolicyWord extends)
    {
        var name = extends.Text;
        if (!name.Contains('/') && !name.EndsWith(Suffix, StringComparison.Ordinal))
        {
            if (name != GroupsFile && BuiltIn(name) is { } found)
            {
                return found;
            }

            problems.Add(extends, $"there is no policy \"{name}\"", Suggestions.For(name, [.. Names]));
            return null;
        }

        if (extends.Source.ExtendsBuiltInOnly)
        {
            problems.Add(extends, "this policy may extend a built-in one, and no file");
            return null;
        }

        if (extends.Source.Directory is null && !Path.IsPathRooted(name))
        {
            problems.Add(extends, "a policy written in the job extends a built-in policy or an absolute path");
            return null;
        }

        var path = Path.GetFullPath(name, extends.Source.Directory ?? "/");
        var source = PolicyFiles.Read(path, out var problem);
        if (source is null)
        {
            problems.Add(extends, $"{path} {problem}");
        }

        return source;
    }
}
