using System.Globalization;
using System.Text;

namespace Sandbox.Images;

/// <summary>What is known about an unpacked layer; a line of numbers beside its tree.</summary>
internal sealed record LayerFacts
{
    /// <summary>The file's name.</summary>
    public const string File = "facts";

    /// <summary>Bytes of all files.</summary>
    public required long Bytes { get; init; }

    public required long Entries { get; init; }

    /// <summary>Device nodes that were left out.</summary>
    public required int SkippedDevices { get; init; }

    /// <summary>Reads the line; zeros where somebody has damaged it, since nothing but numbers for people depends on it.</summary>
    public static LayerFacts Parse(byte[] line)
    {
        var numbers = Encoding.ASCII.GetString(line).TrimEnd('\n').Split(' ').Select(word => long.TryParse(word, out var number) ? number : 0).ToArray();
        return numbers.Length == 3
            ? new() { Bytes = numbers[0], Entries = numbers[1], SkippedDevices = (int)numbers[2] }
            : new() { Bytes = 0, Entries = 0, SkippedDevices = 0 };
    }

    /// <summary>The line.</summary>
    public byte[] ToLine() => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Bytes} {Entries} {SkippedDevices}\n"));
}
