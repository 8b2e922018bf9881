using System.Net.Sockets;
using Tmds.DBus.Protocol;

namespace Sandbox.Resources.Limits.Cgroups;

/// <summary>A conversation with the user's systemd from a thread that may block: bounded, and failing in words only.</summary>
internal sealed class Conversation(BusFinder finder, TimeSpan timeout)
{
    /// <summary>Connects, talks and hangs up; false and the reason if there is no answer.</summary>
    public bool TryHold<T>(Func<UserSystemd, CancellationToken, Task<T>> talk, out T? answer, out string reason)
    {
        answer = default;
        if (finder.Find(out reason) is not { } address)
            return false;

        using var systemd = new UserSystemd(address);
        using var end = new CancellationTokenSource(timeout);
        try
        {
            // On the pool, so that a synchronisation context of the caller cannot be what it waits for; and waited for
            // here too, so that nothing in between can outstay the time.
            answer = Task.Run(() => TalkAsync(systemd, talk, end.Token)).WaitAsync(end.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            reason = $"timed out: no answer from {systemd.Awaited} within {timeout.TotalSeconds} s";
        }
        catch (DBusErrorReplyException absence) when (absence.ErrorName is
            "org.freedesktop.DBus.Error.NameHasNoOwner" or "org.freedesktop.DBus.Error.ServiceUnknown")
        {
            reason = $"no user manager on the bus at {address.Words}: {absence.ErrorMessage}";
        }
        catch (DBusErrorReplyException refusal)
        {
            reason = $"{systemd.Awaited} refused: {refusal.ErrorName}: {refusal.ErrorMessage}";
        }
        catch (Exception failure) when (failure is DBusExceptionBase or SandboxException or IOException or SocketException)
        {
            // The package wraps what goes wrong while it connects; the system's own words are innermost.
            var cause = failure.GetBaseException();
            reason = cause is SandboxException ? cause.Message : $"lost {systemd.Awaited}: {cause.Message}";
        }

        return reason.Length == 0;
    }

    private static async Task<T> TalkAsync<T>(
        UserSystemd systemd, Func<UserSystemd, CancellationToken, Task<T>> talk, CancellationToken cancellationToken)
    {
        await systemd.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return await talk(systemd, cancellationToken).ConfigureAwait(false);
    }
}
