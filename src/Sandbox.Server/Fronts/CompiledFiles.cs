namespace Sandbox.Server.Fronts;

/// <summary>The files of a directory, from the sandbox of a compiler to that of the program.</summary>
internal static class CompiledFiles
{
    /// <summary>Collects everything below a directory; a pattern has hidden files only where it says so.</summary>
    /// <param name="directory">Its absolute path.</param>
    /// <param name="most">The most bytes of one file.</param>
    public static IReadOnlyList<OutputSpec> Outputs(string directory, long most) =>
        [.. ((string[])["/**", "/**/.*"]).Select(pattern => new OutputSpec { Path = directory + pattern, To = OutputSpec.Memory, MaxSizeBytes = most, Optional = true })];

    /// <summary>What the compiler has left, and what the client sent into hidden directories, which are not collected.</summary>
    /// <param name="compiled">The compiler's result.</param>
    /// <param name="sent">What the client sent.</param>
    /// <param name="mode">The mode of all of them.</param>
    public static IReadOnlyList<InjectedFile> Of(JobResult compiled, IReadOnlyList<InjectedFile> sent, int mode)
    {
        var left = compiled.Outputs.Select(output => new InjectedFile { Path = output.Path, Content = Content.Of(output.Content ?? ReadOnlyMemory<byte>.Empty), Mode = mode }).ToList();
        var paths = left.Select(static file => file.Path).ToHashSet(StringComparer.Ordinal);
        return [.. left, .. sent.Where(file => Path.GetDirectoryName(file.Path)!.Contains("/.", StringComparison.Ordinal) && paths.Add(file.Path))];
    }
}
