using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Sandbox.Running;

namespace Sandbox.Server.Listening;

/// <summary>Looks at a connection before anything is read from it, and ends it if it is not let in.</summary>
internal static class EntranceGuard
{
    /// <summary>Wraps what answers on connections.</summary>
    /// <param name="entrance">Where they come in.</param>
    /// <param name="peers">Looks at who comes by a unix socket.</param>
    /// <param name="bound">How many there may be.</param>
    /// <param name="next">What answers.</param>
    /// <param name="refused">Takes a kind of reasons, and the reason.</param>
    public static ConnectionDelegate Guard(Entrance entrance, PeerCheck peers, ConnectionBound bound, ConnectionDelegate next, Action<string, string> refused) => async connection =>
    {
        if (entrance.IsUnix && (connection.Features.Get<IConnectionSocketFeature>() is { } feature ? peers.Refusal(feature.Socket) : "there is no socket to ask") is { } stranger)
        {
            Refuse(connection, "peer", stranger, refused);
            return;
        }

        if (entrance.Front is { } front && !front.LetsIn((connection.RemoteEndPoint as IPEndPoint)?.Address))
        {
            Refuse(connection, "network", $"{(connection.RemoteEndPoint as IPEndPoint)?.Address} is in no network that its allow= names", refused);
            return;
        }

        using var place = bound.Enter(entrance.IsUnix ? null : (connection.RemoteEndPoint as IPEndPoint)?.Address ?? IPAddress.Any);
        if (place is null)
        {
            Refuse(connection, "bound", $"there are as many connections as may be, of all or of {(connection.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "this kind"}", refused);
            return;
        }

        connection.Features.Set(entrance);
        await next(connection);
    };

    private static void Refuse(ConnectionContext connection, string kind, string why, Action<string, string> refused)
    {
        refused(kind, why);
        connection.Abort(new ConnectionAbortedException(why));
    }
}
