namespace Sandbox.Tests.Server.Fronts;

/// <summary>Makes requests that nobody would send of such that somebody does: bytes are changed, left out, doubled, and pieces of one put into another.</summary>
/// <param name="seeds">What is known to be understood.</param>
/// <param name="pieces">Values and members that mean something to whoever reads them.</param>
/// <param name="random">The same number makes the same requests.</param>
internal sealed class ByteMutator(IReadOnlyList<byte[]> seeds, IReadOnlyList<byte[]> pieces, Random random)
{
    private const int MostChanges = 6;

    /// <summary>How long to go on: <c>SANDBOX_FUZZ_SECONDS</c>, or a moment.</summary>
    public static TimeSpan Time => TimeSpan.FromSeconds(int.TryParse(Environment.GetEnvironmentVariable("SANDBOX_FUZZ_SECONDS"), out var seconds) ? seconds : 2);

    /// <summary>The next one.</summary>
    public byte[] Next()
    {
        var bytes = seeds[random.Next(seeds.Count)].ToList();
        for (var left = random.Next(1, MostChanges + 1); left > 0 && bytes.Count > 0; left--)
        {
            Change(bytes, random.Next(bytes.Count));
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes, int at)
    {
        var count = Math.Min(random.Next(1, 12), bytes.Count - at);
        switch (random.Next(6))
        {
            case 0:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1:
                bytes.RemoveRange(at, count);
                break;
            case 2:
                bytes.InsertRange(at, bytes.GetRange(at, count));
                break;
            case 3:
                bytes.InsertRange(at, pieces[random.Next(pieces.Count)]);
                break;
            case 4:
                Replace(bytes, at);
                break;
            default:
                var other = seeds[random.Next(seeds.Count)];
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other.AsSpan(from, Math.Min(random.Next(1, 200), other.Length - from)).ToArray());
                break;
        }
    }

    // A whole value, so that much of what comes is still JSON.
    private void Replace(List<byte> bytes, int at)
    {
        var start = bytes.IndexOf((byte)':', at) + 1;
        var end = start <= 0 ? -1 : bytes.FindIndex(start, static letter => letter is (byte)',' or (byte)'}' or (byte)']');
        if (end > start)
        {
            bytes.RemoveRange(start, end - start);
            bytes.InsertRange(start, pieces[random.Next(pieces.Count)]);
        }
    }
}
