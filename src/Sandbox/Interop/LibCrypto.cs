using System.Runtime.InteropServices;

namespace Sandbox.Interop;

// OpenSSL's SHA-256 uses the processor's own instructions, which the framework has no intrinsics for on x86 (.NET 10).
// The framework's own way to it ends the whole process where the library is missing (opensslshim.c), loads libssl beside it
// and reads openssl.cnf; these three functions need none of that and are still in OpenSSL 3 (SHA256_Init(3)).

/// <summary>SHA-256 of the C library libcrypto, which is loaded on the first use; a host may be without it.</summary>
internal sealed unsafe class LibCrypto
{
    private const int ContextBytes = 112; // SHA256_CTX (openssl/sha.h)

    private static readonly Lazy<LibCrypto?> s_library = new(Load);

    private readonly delegate* unmanaged<byte*, int> _begin;
    private readonly delegate* unmanaged<byte*, byte*, nuint, int> _update;
    private readonly delegate* unmanaged<byte*, byte*, int> _finish;

    private LibCrypto(nint begin, nint update, nint finish)
    {
        _begin = (delegate* unmanaged<byte*, int>)begin;
        _update = (delegate* unmanaged<byte*, byte*, nuint, int>)update;
        _finish = (delegate* unmanaged<byte*, byte*, int>)finish;
    }

    /// <summary>The library; null where it is missing, or built without these functions.</summary>
    public static LibCrypto? Instance => s_library.Value;

    /// <summary>Starts a digest; its state is the caller's.</summary>
    public byte[]? Begin()
    {
        var context = new byte[ContextBytes];
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
        var digest = new byte[32];
        fixed (byte* state = context, result = digest)
        {
            _ = _finish(result, state);
        }

        return digest;
    }

    private static LibCrypto? Load()
    {
        if (!NativeLibrary.TryLoad("libcrypto.so.3", out var library) && !NativeLibrary.TryLoad("libcrypto.so.1.1", out library))
        {
            return null;
        }

        return NativeLibrary.TryGetExport(library, "SHA256_Init", out var begin) &&
            NativeLibrary.TryGetExport(library, "SHA256_Update", out var update) &&
            NativeLibrary.TryGetExport(library, "SHA256_Final", out var finish) ? new(begin, update, finish) : null;
    }
}
