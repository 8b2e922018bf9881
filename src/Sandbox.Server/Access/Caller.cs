namespace Sandbox.Server.Access;

/// <summary>Who sent a request: jobs, keys and results are a tenant's, and another one's do not exist for it.</summary>
/// <param name="Tenant">Its name. Those with an @ are nobody's to choose: no token and no certificate makes one.</param>
internal sealed record Caller(string Tenant)
{
    /// <summary>The server's own user, by its unix socket; the jobs of <c>sandbox exec</c> are its, too.</summary>
    public static Caller Owner { get; } = new("@owner");

    /// <summary>Whoever can reach a loopback port that asks for nothing: every user of this machine.</summary>
    public static Caller Anybody { get; } = new("@anybody");

    /// <summary>It is the server's own user.</summary>
    public bool IsOwner => this == Owner;

    /// <summary>Who sent this request.</summary>
    /// <exception cref="InvalidOperationException">Nobody looked: nothing may be answered then.</exception>
    public static Caller Of(HttpContext context) => context.Features.Get<Caller>() ?? throw new InvalidOperationException("a request that nobody has looked at");
}
