using Sandbox.Interop.Generated;

namespace Sandbox.Interop;

/// <summary>A filter that libseccomp builds. The library is loaded here and nowhere else, on the first use.</summary>
internal sealed unsafe class SeccompContext : IDisposable
{
    // Level 5 is libseccomp 2.5. Stating it keeps libseccomp from asking the kernel of this machine which
    // actions it has: the policy may be compiled in a container that refuses seccomp(2).
    private const uint ApiLevel = 5;

    private readonly void* _context;

    /// <summary>Starts a filter that answers <paramref name="otherwise"/> to calls without a rule.</summary>
    public SeccompContext(uint otherwise)
    {
        try
        {
            if (LibSeccomp.seccomp_api_set(ApiLevel) < 0)
            {
                throw Failed("libseccomp is older than 2.5", null);
            }

            _context = LibSeccomp.seccomp_init(otherwise);
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            throw Failed("libseccomp.so.2 cannot be loaded", missing);
        }

        if (_context is null)
        {
            throw Failed("libseccomp has no memory for a filter", null);
        }
    }

    /// <summary>Adds a rule; all matches have to hold.</summary>
    public void Add(uint action, int number, IReadOnlyList<ArgumentMatch> matches)
    {
        var comparisons = stackalloc scmp_arg_cmp[matches.Count];
        for (var i = 0; i < matches.Count; i++)
        {
            var (argument, mask, value) = matches[i];
            comparisons[i] = mask == ulong.MaxValue
                ? new scmp_arg_cmp { arg = (uint)argument, op = scmp_compare.SCMP_CMP_EQ, datum_a = value }
                : new scmp_arg_cmp { arg = (uint)argument, op = scmp_compare.SCMP_CMP_MASKED_EQ, datum_a = mask, datum_b = value };
        }

        var result = LibSeccomp.seccomp_rule_add_exact_array(_context, action, number, (uint)matches.Count, comparisons);
        if (result < 0)
        {
            throw Refused($"libseccomp refuses a rule for system call {number}", result);
        }
    }

    /// <summary>The filter's BPF.</summary>
    public byte[] Export()
    {
        using var file = SeccompFiles.CreateMemoryFile();
        var result = LibSeccomp.seccomp_export_bpf(_context, (int)file.DangerousGetHandle());
        if (result < 0)
        {
            throw Refused("libseccomp cannot export the filter", result);
        }

        var program = new byte[RandomAccess.GetLength(file)];
        if (RandomAccess.Read(file, program, 0) != program.Length)
        {
            throw Refused("the exported filter is cut off", 0);
        }

        return program;
    }

    public void Dispose() => LibSeccomp.seccomp_release(_context);

    private static SandboxException Failed(string message, Exception? cause) => new(message, cause)
    {
        Operation = Operation.LoadLibSeccomp,
    };

    private static SandboxException Refused(string message, int negativeErrno) => new(message)
    {
        Operation = Operation.CompilePolicy,
        Errno = negativeErrno < 0 ? Errno.Name(-negativeErrno) : null,
    };
}

/// <summary>An argument of a call, masked, equals a value.</summary>
internal readonly record struct ArgumentMatch(int Argument, ulong Mask, ulong Value);
