namespace Sandbox.Otlp;

/// <summary>Remembers why a delivery failed; the exporter tells only an EventSource, which the published program has not.</summary>
internal sealed class DeliveryWatch : DelegatingHandler
{
    private volatile string? _failure;

    // Following a redirect would carry the headers, which may hold a token, to an address nobody configured.
    public DeliveryWatch()
        : base(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
    }

    /// <summary>Null as long as every request was accepted.</summary>
    public string? Failure => _failure;

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Checked(request, base.Send(request, cancellationToken));
        }
        catch (Exception failure) when (Remember(request, failure))
        {
            throw;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return Checked(request, await base.SendAsync(request, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception failure) when (Remember(request, failure))
        {
            throw;
        }
    }

    private HttpResponseMessage Checked(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
        {
            _failure = $"{Address(request)} answered {(int)response.StatusCode}";
        }

        return response;
    }

    private bool Remember(HttpRequestMessage request, Exception failure)
    {
        var reason = failure switch
        {
            OperationCanceledException => "no answer in time",
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => "cannot connect",
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "host name not found",
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => "TLS handshake failed",
            _ => failure.GetType().Name,
        };
        _failure = $"{Address(request)}: {reason}";
        return true;
    }

    // Without user, password and query.
    private static string Address(HttpRequestMessage request) =>
        request.RequestUri?.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) ?? "the collector";
}
