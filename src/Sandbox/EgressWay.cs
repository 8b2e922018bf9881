namespace Sandbox;

/// <summary>How the connections of a job with <see cref="EgressNetwork"/> come to what holds them against its list.</summary>
public enum EgressWay
{
    /// <summary>The kernel leads them there, whatever a program knows of it.</summary>
    Redirect,

    /// <summary>Programs ask a proxy, which variables name (<c>http_proxy</c> and others); without it nothing is reached. So it is on a kernel without redirects in nf_tables.</summary>
    Proxy,
}
