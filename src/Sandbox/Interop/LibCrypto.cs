using System.Runtime.InteropServices;

namespace Sandbox.Interop;

// OpenSSL's digests use the processor's own instructions, which the framework has no intrinsics for on x86 (.NET 10).
// The framework's own way to it ends the whole process where the library is missing (opensslshim.c), loads libssl beside it
// and reads openssl.cnf; these functions need none of that and are still in OpenSSL 3 (SHA256_Init(3)).

/// <summary>A digest of the C library libcrypto, which is loaded on the first use; a host may be without it.</summary>
internal sealed unsafe class LibCrypto
{
    private static readonly Lazy<nint> s_library = new(Load);
    private static readonly Lazy<LibCrypto?> s_sha256 = new(() => Find("SHA256", contextBytes: 112, digestBytes: 32));
    private static readonly Lazy<LibCrypto?> s_sha512 = new(() => Find("SHA512", contextBytes: 216, digestBytes: 64));

    // Of SHA256_CTX and SHA512_CTX (openssl/sha.h).
    private readonly int _contextBytes;
    private readonly int _digestBytes;
    private readonly delegate* unmanaged<byte*, int> _begin;
    private readonly delegate* unmanaged<byte*, byte*, nuint, int> _update;
    private readonly delegate* unmanaged<byte*, byte*, int> _finish;

    private LibCrypto(int contextBytes, int digestBytes, nint begin, nint update, nint finish)
    {
        (_contextBytes, _digestBytes) = (contextBytes, digestBytes);
        _begin = (delegate* unmanaged<byte*, int>)begin;
        _update = (delegate* unmanaged<byte*, byte*, nuint, int>)update;
        _finish = (delegate* unmanaged<byte*, byte*, int>)finish;
    }

    /// <summary>SHA-256; null where the library is missing, or built without these functions.</summary>
    public static LibCrypto? Sha256 => s_sha256.Value;

    /// <summary>SHA-512; null for the same reasons.</summary>
    public static LibCrypto? Sha512 => s_sha512.Value;

    /// <summary>Starts a digest; its state is the caller's.</summary>
    public byte[]? Begin()
    {
        var context = new byte[_contextBytes];
        fixed (byte* state = context)
        {
            return _begin(state) == 1 ? context : null;
        }
    }

    /// <summary>Takes more bytes.</summary>
    public void Add(byte[] context, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* state = context, data = bytes)
        {
            _ = _update(state, data, (nuint)bytes.Length);
        }
    }

    /// <summary>The digest; the state is of no use afterwards.</summary>
    public byte[] Finish(byte[] context)
    {
        var digest = new byte[_digestBytes];
        fixed (byte* state = context, result = digest)
        {
            _ = _finish(result, state);
        }

        return digest;
    }

    private static LibCrypto? Find(string name, int contextBytes, int digestBytes) =>
        s_library.Value is var library and not 0 &&
        NativeLibrary.TryGetExport(library, name + "_Init", out var begin) &&
        NativeLibrary.TryGetExport(library, name + "_Update", out var update) &&
        NativeLibrary.TryGetExport(library, name + "_Final", out var finish)
            ? new(contextBytes, digestBytes, begin, update, finish)
            : null;

    private static nint Load() =>
        NativeLibrary.TryLoad("libcrypto.so.3", out var library) || NativeLibrary.TryLoad("libcrypto.so.1.1", out library) ? library : 0;
}
