using Sandbox.Execution;
using Sandbox.Interop;

namespace Sandbox.Store;

/// <summary>SHA-256 of a file as it comes: with the host's OpenSSL once it proves to be large, which is worth the loading of it.</summary>
internal sealed class ContentHash
{
    // Loading takes about as long as hashing this much without it.
    private const int Large = 1 << 20;

    private readonly LibCrypto? _library;
    private readonly byte[] _context = [];
    private readonly Sha256 _portable = new();

    /// <param name="firstBytes">How much there is at least.</param>
    public ContentHash(long firstBytes)
    {
        _library = firstBytes >= Large ? LibCrypto.OfHost : null;
        _context = _library?.Begin() ?? [];
    }

    /// <summary>Takes more bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_library is null)
            _portable.Add(bytes);
        else
            _library.Add(_context, bytes);
    }

    /// <summary>The digest of everything taken, 64 hexadecimal digits; nothing can be added afterwards.</summary>
    public string Finish() => Convert.ToHexStringLower(_library?.Finish(_context) ?? _portable.Finish());
}
