using System.Net.Sockets;
using System.Text.Json;

namespace Sandbox.Running;

/// <summary>A host that was asked for its list, and has not answered yet.</summary>
/// <param name="socket">Where the answer comes.</param>
/// <param name="pid">The process.</param>
internal sealed class HostListing(Socket socket, int pid) : IDisposable
{
    private const int LookAgain = 100_000; // microseconds

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    /// <summary>Waits for the answer. A process that was stopped is not waited for once that is seen.</summary>
    /// <param name="since">When all of those were asked that are waited for together.</param>
    /// <exception cref="HostSilentException">None comes.</exception>
    /// <exception cref="IOException">It is none.</exception>
    public IReadOnlyList<SandboxRow> Read(long since)
    {
        for (var isStopped = false; !socket.Poll(LookAgain, SelectMode.SelectRead); isStopped = IsStopped(pid))
        {
            if (isStopped || TimeProvider.System.GetElapsedTime(since) > s_patience)
            {
                throw new HostSilentException(pid, isStopped);
            }
        }

        socket.ReceiveTimeout = (int)s_patience.TotalMilliseconds;
        try
        {
            using var answer = JsonDocument.Parse(HostQuestion.ReadLine(socket, HostQuestion.MostBytes));
            return [.. answer.RootElement.GetProperty("sandboxes").EnumerateArray().Select(SandboxRow.Read)];
        }
        catch (SocketException failure)
        {
            throw new HostSilentException(pid, IsStopped(pid), failure);
        }
        catch (Exception damage) when (damage is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new IOException("its answer is none", damage);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    /// <summary>A signal has stopped the process, or a debugger (proc_pid_stat(5)).</summary>
    public static bool IsStopped(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart() is ['T' or 't', ..];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
