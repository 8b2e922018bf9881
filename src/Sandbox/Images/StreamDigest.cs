using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sandbox.Hashing;

namespace Sandbox.Images;

// Layers are gigabytes, and the framework's SHA-256 (OpenSSL, with the processor's instructions for it) is ten times as
// fast as our own. But it ends the process where there is no OpenSSL, which a sandbox does not need otherwise.

/// <summary>SHA-256, or SHA-512, of bytes as they come.</summary>
internal sealed class StreamDigest : IDisposable
{
    private static readonly bool s_hasOpenSsl = HasOpenSsl();

    private readonly IncrementalHash? _fast;
    private readonly Sha256? _own;

    /// <summary>A SHA-256.</summary>
    public StreamDigest()
        : this(HashAlgorithmName.SHA256)
    {
    }

    private StreamDigest(HashAlgorithmName algorithm) =>
        (_fast, _own) = s_hasOpenSsl ? (IncrementalHash.CreateHash(algorithm), null) : ((IncrementalHash?)null, new Sha256());

    /// <summary>One of the same kind as a digest that the bytes shall have.</summary>
    /// <exception cref="InvalidImageException">It is a SHA-512, which only OpenSSL can compute.</exception>
    public static StreamDigest Like(string hex, ImageOrigin origin) => !Digests.IsLong(hex) ? new()
        : s_hasOpenSsl ? new(HashAlgorithmName.SHA512)
        : throw origin.Refuse("its digest is a sha512, and this host has no OpenSSL (libssl) to check it with");

    /// <summary>The digest of bytes that are all there, in hexadecimal.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        using var digest = new StreamDigest();
        digest.Add(bytes);
        return digest.Finish();
    }

    /// <summary>The same, of the kind of another.</summary>
    /// <exception cref="InvalidImageException">It cannot be computed here.</exception>
    public static string Of(ReadOnlySpan<byte> bytes, string like, ImageOrigin origin)
    {
        using var digest = Like(like, origin);
        digest.Add(bytes);
        return digest.Finish();
    }

    /// <summary>Takes more bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        _fast?.AppendData(bytes);
        _own?.Add(bytes);
    }

    /// <summary>The digest of everything taken, in hexadecimal; nothing can be added afterwards.</summary>
    public string Finish() => Convert.ToHexStringLower(_fast?.GetHashAndReset() ?? _own!.Finish());

    public void Dispose() => _fast?.Dispose();

    // The versions that the framework looks for itself.
    private static bool HasOpenSsl() =>
        NativeLibrary.TryLoad("libssl.so.3", out _) || NativeLibrary.TryLoad("libssl.so.1.1", out _);
}
