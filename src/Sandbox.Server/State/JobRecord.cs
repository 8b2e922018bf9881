using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sandbox.Server.State;

/// <summary>What is written of a job, beside its request while it is not over and its result.json afterwards.</summary>
internal sealed record JobRecord
{
    /// <summary>The job's id.</summary>
    public required string Id { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Whose it is.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The caller's name for the request; null for none.</summary>
    public string? Key { get; init; }

    /// <summary>The SHA-256 of the request, in lower-case hexadecimal; null without a key.</summary>
    public string? BodySha256 { get; init; }

    /// <summary>Whose turn it is in the queue.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Its priority.</summary>
    public int Priority { get; init; }

    /// <summary>It is not worth starting later than this; null for no such time.</summary>
    public DateTimeOffset? StartBefore { get; init; }

    /// <summary>Its stdin is what a client writes while it runs.</summary>
    public bool StdinIsLive { get; init; }

    /// <summary>The limits that the server set.</summary>
    public IReadOnlyList<string> ChangedLimits { get; init; } = [];

    /// <summary>How it ended; null while it has not.</summary>
    public JobEnd? End { get; init; }

    /// <summary>Its end is to be told to somebody who waits elsewhere, which has not been done.</summary>
    public bool IsToBeTold { get; init; }
}

/// <summary>How a job ended.</summary>
internal sealed record JobEnd
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The job's name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The verdict.</summary>
    public Verdict Verdict { get; init; }

    /// <summary>The verdict in one sentence.</summary>
    public string Message { get; init; } = "";

    /// <summary>Where only opening its image showed that it is not valid: why. There is no result then.</summary>
    public IReadOnlyList<JobProblem>? Problems { get; init; }
}

/// <summary>
/// A record as bytes: the SHA-256 of what follows, in hexadecimal; a line of JSON; the request or the result. A process that is killed while it writes
/// leaves a part of that, and so does a full disk.
/// </summary>
internal static class RecordText
{
    private const int DigestLength = SHA256.HashSizeInBytes * 2;
    private const byte NewLine = (byte)'\n';

    /// <summary>Writes one.</summary>
    public static byte[] Encode(JobRecord record, ReadOnlySpan<byte> content)
    {
        var head = JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.JobRecord);
        var text = new byte[DigestLength + 1 + head.Length + 1 + content.Length];
        head.CopyTo(text, DigestLength + 1);
        text[DigestLength] = text[DigestLength + 1 + head.Length] = NewLine;
        content.CopyTo(text.AsSpan(DigestLength + 1 + head.Length + 1));
        Digest(text.AsSpan(DigestLength + 1)).CopyTo(text, 0);
        return text;
    }

    /// <summary>Reads one; null if it is not whole, or was changed.</summary>
    public static (JobRecord Record, ReadOnlyMemory<byte> Content)? Decode(ReadOnlyMemory<byte> text)
    {
        if (text.Length <= DigestLength || text.Span[DigestLength] != NewLine || !Digest(text.Span[(DigestLength + 1)..]).AsSpan().SequenceEqual(text.Span[..DigestLength]))
        {
            return null;
        }

        var rest = text[(DigestLength + 1)..];
        var end = rest.Span.IndexOf(NewLine);
        try
        {
            return end < 0 || JsonSerializer.Deserialize(rest.Span[..end], RecordJson.Default.JobRecord) is not { } record ? null : (record, rest[(end + 1)..]);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The SHA-256 of bytes in lower-case hexadecimal, as text.</summary>
    public static string DigestOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static byte[] Digest(ReadOnlySpan<byte> bytes) => System.Text.Encoding.ASCII.GetBytes(DigestOf(bytes));
}

/// <summary>Reads and writes the line of JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JobRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
