using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Sandbox.Execution;

namespace Sandbox.Images;

// Layers are gigabytes, and the framework's SHA-256 (OpenSSL, with the processor's instructions for it) is ten times as
// fast as our own. But it ends the process where there is no OpenSSL, which a sandbox does not need otherwise.

/// <summary>SHA-256 of bytes as they come.</summary>
internal sealed class StreamDigest : IDisposable
{
    private static readonly bool s_hasOpenSsl = HasOpenSsl();

    private readonly IncrementalHash? _fast = s_hasOpenSsl ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
    private readonly Sha256? _own = s_hasOpenSsl ? null : new();

    /// <summary>The digest of bytes that are all there, in hexadecimal.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        using var digest = new StreamDigest();
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
