namespace Sandbox.Jobs;

/// <summary>The settings of the kernel that a job may choose: those of namespaces of its own that hold no limit of the sandbox.</summary>
internal static class SysctlNames
{
    private const int MostBytes = 256;

    private static readonly string[] s_network =
    [
        "net.core.somaxconn",
        "net.ipv4.icmp_echo_ignore_all", "net.ipv4.icmp_echo_ignore_broadcasts",
        "net.ipv4.ip_default_ttl", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_nonlocal_bind", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range",
        "net.ipv4.tcp_abort_on_overflow", "net.ipv4.tcp_congestion_control", "net.ipv4.tcp_ecn", "net.ipv4.tcp_fastopen", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_mtu_probing", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_orphan_retries",
        "net.ipv4.tcp_retries1", "net.ipv4.tcp_retries2", "net.ipv4.tcp_sack", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_syn_retries", "net.ipv4.tcp_synack_retries",
        "net.ipv4.tcp_syncookies", "net.ipv4.tcp_timestamps", "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_window_scaling",
        "net.ipv6.bindv6only", "net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.default.disable_ipv6", "net.ipv6.conf.lo.disable_ipv6",
        "net.unix.max_dgram_qlen",
    ];

    private static readonly string[] s_ipc = ["fs.mqueue.msg_default", "fs.mqueue.msg_max", "fs.mqueue.msgsize_default", "fs.mqueue.msgsize_max", "kernel.shm_rmid_forced", "kernel.shmmax"];

    private static readonly string[] s_all = [.. s_network, .. s_ipc];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All => s_all;

    /// <summary>What is wrong with a name; null for nothing.</summary>
    /// <param name="name">The name.</param>
    /// <param name="network">The job's network.</param>
    /// <param name="ipc">Its IPC namespace.</param>
    public static string? Problem(string name, Network? network, IpcNamespace? ipc)
    {
        if (Array.IndexOf(s_network, name) >= 0)
        {
            return network is HostNetwork or JoinedNetwork or ContainerNetwork ? "needs a network of the job's alone" : null;
        }

        return Array.IndexOf(s_ipc, name) >= 0 ? ipc?.Container is null ? null : "needs an IPC namespace of the job's own"
            : name.StartsWith("kernel.sem", StringComparison.Ordinal) || name is "kernel.shmall" or "kernel.shmmni" or "kernel.msgmni" or "kernel.msgmnb" or "kernel.msgmax" ? "holds a job to its limits, and is the sandbox's"
            : "is not a setting of a namespace of the job's own" + (Suggestions.For(name, s_all) is { } meant ? $"; did you mean \"{meant}\"?" : "");
    }

    /// <summary>What is wrong with a value; null for nothing. What it means the kernel knows.</summary>
    public static string? ValueProblem(string value) =>
        value.Length is 0 or > MostBytes || !value.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is ' ' or '\t' or '-' or ',' or '_')
            ? $"must be 1 to {MostBytes} letters, digits, spaces and commas"
            : null;

    /// <summary>Its path below /proc/sys.</summary>
    public static string PathOf(string name) => name.Replace('.', '/');
}
