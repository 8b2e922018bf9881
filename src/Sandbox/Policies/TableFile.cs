namespace Sandbox.Policies;

/// <summary>Reads a table of words that is embedded as a resource; <c>#</c> starts a comment line.</summary>
internal static class TableFile
{
    public static IEnumerable<string[]> Rows(string name)
    {
        using var stream = typeof(TableFile).Assembly.GetManifestResourceStream($"tables/{name}")
            ?? throw new SandboxException($"the table {name} is missing from this build");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && line[0] != '#')
                yield return line.Split(' ');
        }
    }
}
