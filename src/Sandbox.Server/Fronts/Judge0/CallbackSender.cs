using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.Judge0;

// Whoever sends a submission chooses where this server connects: so the operator says which networks that may be, a name is looked up once and what is connected to is what was looked at, and nobody redirects it.

/// <summary>Tells the end of submissions where their senders want it told.</summary>
internal sealed class CallbackSender : IDisposable
{
    /// <summary>The header that proves from whom it is.</summary>
    public const string Signature = "Sandbox-Signature";

    private const int MostAtOnce = 16;

    private readonly ServerSettings _server;
    private readonly Judge0Settings _settings;
    private readonly Action<string> _say;
    private readonly SemaphoreSlim _places = new(MostAtOnce);
    private readonly HttpClient _client;

    /// <summary>Sends to the networks that the server allows.</summary>
    public CallbackSender(ServerSettings server, Judge0Settings settings, Action<string> say)
    {
        (_server, _settings, _say) = (server, settings, say);
        _client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 16,
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = ConnectAsync,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>This server makes any.</summary>
    public bool IsAllowed => _server.Callbacks.Count > 0;

    /// <summary>It is a place that results can be sent to, if its address is allowed.</summary>
    public static bool IsUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0 && url.Host.Length > 0;

    /// <summary>Sends the usual fields of a submission, in base64; tries again until it is taken, or it was tried often enough.</summary>
    public async Task SendAsync(string url, Submission submission)
    {
        var body = Body(submission);
        await _places.WaitAsync();
        try
        {
            for (var left = _settings.CallbackTries; left > 0; left--)
            {
                if (await TryAsync(url, body))
                {
                    return;
                }
            }

            _say($"the callback of a submission to {DisplayText.Quote(url)} was not taken");
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _places.Dispose();
    }

    /// <summary>What is sent of a submission.</summary>
    public static byte[] Body(Submission submission)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            SubmissionFields.Write(json, submission, SubmissionFields.Usual, isBase64: true, []);
        }

        return bytes.WrittenSpan.ToArray();
    }

    private async Task<bool> TryAsync(string url, byte[] body)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds((double)_settings.CallbackTimeout));
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (_server.CallbackKey is { } key)
            {
                request.Headers.Add(Signature, "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(key, body)));
            }

            using var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, late.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or IOException or InvalidOperationException or UriFormatException)
        {
            return false;
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host.Trim('[', ']');
        var found = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        var address = found.Select(static one => one.IsIPv4MappedToIPv6 ? one.MapToIPv4() : one).FirstOrDefault(one => _server.Callbacks.Any(network => network.Contains(one)))
            ?? throw new HttpRequestException("no address of it is in a network that --callback names");
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
