using System.Buffers.Binary;
using System.Net;

namespace Sandbox.Egress;

/// <summary>What is answered to a question (RFC 1035, section 4.1.1, RCODE).</summary>
internal enum DnsAnswer
{
    Found = 0,
    NotUnderstood = 1,
    Failed = 2,
    NoSuchName = 3,
    NotImplemented = 4,
}

// A message comes from the job. What is read of it is one question; an answer has that question in it and at most one record, so that none is larger than 512 bytes.

/// <summary>One question to a name server, and the answers to it (RFC 1035).</summary>
internal readonly ref struct DnsMessage
{
    /// <summary>More than a question and its answer ever have.</summary>
    public const int MaxBytes = 512;

    public const int TypeA = 1;
    public const int TypeAaaa = 28;

    private const int Header = 12;
    private const int ClassInternet = 1;

    // The same for the whole life of the job; resolvers that remember ask less often.
    private const int TimeToLive = 60;

    private readonly ReadOnlySpan<byte> _query;
    private readonly int _questionEnd;

    private DnsMessage(ReadOnlySpan<byte> query, int questionEnd, string? name, int type)
    {
        _query = query;
        _questionEnd = questionEnd;
        Name = name;
        Type = type;
    }

    /// <summary>The name as rules have it; null for one that no rule could allow.</summary>
    public string? Name { get; }

    /// <summary>What is asked of it, such as <see cref="TypeA"/>.</summary>
    public int Type { get; }

    /// <summary>Reads a question.</summary>
    /// <param name="query">The message.</param>
    /// <param name="message">What it asks.</param>
    /// <returns>False for what gets no answer at all, because it is no question: an answer to it could go back and forth for ever.</returns>
    public static bool TryRead(ReadOnlySpan<byte> query, out DnsMessage message)
    {
        message = default;
        if (query.Length < Header || (query[2] & 0x80) != 0)
        {
            return false;
        }

        // QDCOUNT 1, and OPCODE 0: a query.
        var at = Header;
        if ((query[2] & 0x78) != 0 || BinaryPrimitives.ReadUInt16BigEndian(query[4..]) != 1 || ReadName(query, ref at) is not { } name || query.Length - at < 4)
        {
            message = new(query[..Header], 0, null, 0);
            return true;
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(query[at..]);
        var isInternet = BinaryPrimitives.ReadUInt16BigEndian(query[(at + 2)..]) == ClassInternet;
        message = new(query, at + 4, isInternet ? HostNames.Normal(name) : null, type);
        return true;
    }

    /// <summary>Whether there was one question that could be read.</summary>
    public bool IsUnderstood => _questionEnd > 0;

    /// <summary>Writes an answer.</summary>
    /// <param name="to">Where to; <see cref="MaxBytes"/> are enough.</param>
    /// <param name="answer">What kind of answer.</param>
    /// <param name="address">The address that was asked for; null for none of that type.</param>
    /// <returns>The length.</returns>
    public int Write(Span<byte> to, DnsAnswer answer, IPAddress? address)
    {
        var length = IsUnderstood ? _questionEnd : Header;
        _query[..length].CopyTo(to);
        to[2] = (byte)(0x80 | (_query[2] & 0x79)); // QR, the opcode and RD as they came
        to[3] = (byte)(0x80 | (int)answer); // RA
        to[4..Header].Clear();
        to[5] = (byte)(IsUnderstood ? 1 : 0);
        if (address is null)
        {
            return length;
        }

        to[7] = 1;
        var record = to[length..];
        BinaryPrimitives.WriteUInt16BigEndian(record, 0xc000 | Header); // the name of the question (section 4.1.4)
        BinaryPrimitives.WriteUInt16BigEndian(record[2..], (ushort)Type);
        BinaryPrimitives.WriteUInt16BigEndian(record[4..], ClassInternet);
        BinaryPrimitives.WriteUInt32BigEndian(record[6..], TimeToLive);
        _ = address.TryWriteBytes(record[12..], out var size);
        BinaryPrimitives.WriteUInt16BigEndian(record[10..], (ushort)size);
        return length + 12 + size;
    }

    // A pointer has nothing before it that it could point to in the first name of a message.
    private static string? ReadName(ReadOnlySpan<byte> query, ref int at)
    {
        Span<char> name = stackalloc char[256];
        var length = 0;
        while (at < query.Length && query[at] is var label and not 0)
        {
            if (label > 63 || at + 1 + label > query.Length || length + label + 1 >= name.Length)
            {
                return null;
            }

            foreach (var letter in query.Slice(at + 1, label))
            {
                // A dot within a label would be two labels for whoever reads the name as text.
                name[length++] = letter == (byte)'.' ? '/' : (char)letter;
            }

            name[length++] = '.';
            at += 1 + label;
        }

        if (at >= query.Length)
        {
            return null;
        }

        at++;
        return new string(name[..length]);
    }
}
