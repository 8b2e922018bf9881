using System.Text;

namespace Sandbox;

/// <summary>Bytes given in the job, read from a file of the host or kept in the store.</summary>
public abstract record Content
{
    private protected Content() { }

    /// <summary>This text, in UTF-8.</summary>
    public static Content Text(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>These bytes.</summary>
    public static Content Of(ReadOnlyMemory<byte> bytes) => new InlineContent { Bytes = bytes };

    /// <summary>The bytes of a host file at this absolute path, read when the job starts.</summary>
    public static Content File(string path) => new FileContent { Path = path };

    /// <summary>The bytes of a file of the store by its SHA-256, 64 hexadecimal digits in lower case.</summary>
    public static Content Stored(string sha256) => new StoredContent { Sha256 = sha256 };
}

/// <summary>Bytes written in the job itself (<c>text</c> or <c>base64</c>).</summary>
public sealed record InlineContent : Content
{
    /// <summary>The bytes.</summary>
    public required ReadOnlyMemory<byte> Bytes { get; init; }
}

/// <summary>The bytes of a host file, read when the job starts.</summary>
public sealed record FileContent : Content
{
    /// <summary>Absolute path on the host.</summary>
    public required string Path { get; init; }
}

/// <summary>The bytes of a file of the store (<c>sandbox store put</c>); the job does not start if it is not there.</summary>
public sealed record StoredContent : Content
{
    /// <summary>The SHA-256 of the bytes, 64 hexadecimal digits in lower case.</summary>
    public required string Sha256 { get; init; }
}

/// <summary>A file put into the sandbox before the start, owned by the job unless it is read-only.</summary>
public sealed record InjectedFile
{
    /// <summary>Permission bits of a file that has none of its own: 0644.</summary>
    internal const int DefaultMode = 0x1A4;

    private readonly bool? _readOnly;

    /// <summary>Absolute, normalised path inside the sandbox.</summary>
    public required string Path { get; init; }

    /// <summary>Permission bits, 0 to 0777. Default 0644. A read-only file of the host or the store keeps its own.</summary>
    public int Mode { get; init; } = DefaultMode;

    /// <summary>Where the bytes come from.</summary>
    public required Content Content { get; init; }

    /// <summary>
    /// The job can neither change, move, remove nor replace it (EROFS, EBUSY), nor rename a directory above it, and a file of the host or the store is
    /// shown, not copied: it does not count in <c>disk</c>. Default: false, but true for <see cref="StoredContent"/>.
    /// </summary>
    public bool ReadOnly
    {
        get => _readOnly ?? Content is StoredContent;
        init => _readOnly = value;
    }
}
