using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Sandbox.Server.Access;
using Sandbox.Server.Fronts;
using Sandbox.Server.Listening;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server;

/// <summary>Who a request is let in as, by what it shows and where.</summary>
public sealed class AccessCheckTests : IDisposable
{
    private const string Secret = "0123456789abcdef0123456789abcdef";
    private const string OwnSecret = "judge0-own-token";
    private const string Languages = "/jobe/index.php/restapi/languages";

    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public AccessCheckTests()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        File.WriteAllText(_directory.Path + "/alice", Secret);
        File.SetUnixFileMode(_directory.Path + "/alice", UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _directory.Dispose();
    }

    // Who is let in as whom, as nobody (a path that is open to all), or with which status not at all.
    [Theory]
    [InlineData("", false, "", "", "/v1/jobs", "@anybody")]
    [InlineData("", false, "Bearer " + Secret, "", "/v1/jobs", "401")]
    [InlineData("", true, "", "", "/v1/jobs", "401")]
    [InlineData("", true, "Bearer " + Secret, "", "/v1/jobs", "alice")]
    [InlineData("", true, "Basic " + Secret, "", "/v1/jobs", "401")]
    [InlineData("", true, "", "", "/healthz", "nobody")]
    [InlineData("", true, "Bearer wrong", "", "/healthz", "401")]
    [InlineData("jobe", false, "", "X-API-KEY: anything", Languages, "@anybody")]
    [InlineData("jobe", false, "Bearer wrong", "", "/jobe/index.php/restapi/runs", "403")]
    [InlineData("jobe", true, "", "", "/jobe/index.php/restapi/runs", "403")]
    [InlineData("jobe", true, "", "X-API-KEY: " + Secret, "/jobe/index.php/restapi/runs", "alice")]
    [InlineData("jobe", true, "", "X-API-KEY: wrong", "/jobe/index.php/restapi/runs", "403")]
    [InlineData("jobe", true, "Bearer wrong", "X-API-KEY: " + Secret, "/jobe/index.php/restapi/runs", "403")]
    [InlineData("jobe", true, "", "X-API-KEY: wrong", Languages, "nobody")]
    [InlineData("jobe", true, "Bearer wrong", "", Languages, "nobody")]
    [InlineData("jobe", true, "", "X-API-KEY: " + Secret, Languages, "alice")]
    [InlineData("judge0", false, "", "X-Auth-Token: " + OwnSecret, "/submissions", "@judge0")]
    [InlineData("judge0", true, "", "X-Auth-Token: " + OwnSecret, "/submissions", "@judge0")]
    [InlineData("judge0", true, "", "X-Auth-Token: " + Secret, "/submissions", "alice")]
    [InlineData("judge0", true, "Bearer wrong", "X-Auth-Token: " + OwnSecret, "/submissions", "401")]
    [InlineData("judge0", false, "", "X-Auth-Token: wrong", "/submissions", "401")]
    [InlineData("judge0", false, "", "", "/submissions", "401")]
    public async Task The_first_thing_that_is_shown_decides(string api, bool areTokensAsked, string authorization, string own, string path, string expected) =>
        Assert.Equal(expected, await AnswerAsync(api, areTokensAsked, path, "Authorization: " + authorization, own));

    [Theory]
    [InlineData("Origin", "http://example.com", "403")]
    [InlineData("Sec-Fetch-Site", "cross-site", "403")]
    [InlineData("Host", "example.com", "421")]
    public async Task Where_nothing_is_asked_for_no_page_of_another_site_comes_in(string header, string value, string expected) =>
        Assert.Equal(expected, await AnswerAsync("", false, "/v1/jobs", $"{header}: {value}"));

    private async Task<string> AnswerAsync(string api, bool areTokensAsked, string path, params string[] headers)
    {
        FrontPlace[] places = api.Length > 0 ? [FrontPlace.Parse(api + "=127.0.0.1:1", FrontTable.Names)] : [];
        var settings = new ServerSettings { Fronts = places, TokenFiles = areTokensAsked ? [_directory.Path + "/alice"] : [], Judge0 = new() { AuthenticationTokens = [OwnSecret] } };
        using var fronts = new FrontTable(new(null!, null!, null!, settings, null!, TimeProvider.System, static _ => { }));
        var context = new DefaultHttpContext();
        context.Request.Scheme = "http";
        context.Request.Method = "GET";
        context.Request.Path = path;
        context.Request.Headers.Host = _socket.LocalEndPoint!.ToString();
        context.Features.Set(Sandbox.Server.Listening.Entrance.OfPort(_socket, places.FirstOrDefault()));
        foreach (var words in headers.Select(static header => header.Split(": ")).Where(static words => words is [_, { Length: > 0 }]))
        {
            context.Request.Headers[words[0]] = words[1];
        }

        string? came = null;
        await new AccessCheck(Credentials.Read(settings, null, static problem => Assert.Fail(problem)), fronts, static _ => { }).AnswerAsync(context, next =>
        {
            came = next.Features.Get<Caller>()?.Tenant ?? "nobody";
            return Task.CompletedTask;
        });
        return came ?? context.Response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
