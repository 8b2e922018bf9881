namespace Sandbox.Cli;

/// <summary>Texts that are part of the executable.</summary>
internal static class EmbeddedText
{
    public static byte[] Read(string name)
    {
        using var stream = typeof(EmbeddedText).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException(name);
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
