using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Files of the job host: sent, named by jobs, made by jobs, and read.</summary>
public sealed class ServeFilesTests : KernelTest
{
    private string Store => Directory + "/store";

    [KernelFact]
    public async Task A_file_that_was_put_is_a_jobs_and_what_it_makes_can_be_got()
    {
        await using var host = await StartAsync();
        var input = Encoding.UTF8.GetBytes("20 22\n");

        using var put = await PutAsync(host, Digest(input), input);
        using var answer = await host.PostAsync($$"""
            { "command": ["sh", "-c", "read a b; echo $((a + b)) > sum; echo x > other"], "stdin": { "from": "sha256:{{Digest(input)}}" },
              "outputs": [{ "path": "/work/sum", "to": "store" }, { "path": "/work/o*", "to": "store" }] }
            """, Cancellation);
        var outputs = (await Json(answer)).GetProperty("outputs");

        Assert.Equal((HttpStatusCode.OK, 6), (put.StatusCode, (await Json(put)).GetProperty("bytes").GetInt32()));
        Assert.Equal(["/work/sum store", "/work/other store"], outputs.EnumerateArray().Select(static output => $"{output.GetProperty("path").GetString()} {output.GetProperty("to").GetString()}"));
        Assert.Equal("42\n", await host.Client.GetStringAsync("/v1/files/" + outputs[0].GetProperty("sha256").GetString(), Cancellation));
        Assert.Equal("x\n", await host.Client.GetStringAsync("/v1/files/" + outputs[1].GetProperty("sha256").GetString(), Cancellation));
    }

    [KernelFact]
    public async Task It_is_there_whole_or_not_at_all()
    {
        await using var host = await StartAsync();
        var large = RandomNumberGenerator.GetBytes((3 << 20) + 5);
        var path = "/v1/files/" + Digest(large);

        using var wrong = await PutAsync(host, Digest(large), large[..^1]);
        Assert.Equal((HttpStatusCode)422, wrong.StatusCode);
        Assert.Equal("application/problem+json", wrong.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.NotFound, await HeadAsync(host, path));

        // All but the last byte, and no end.
        using (var half = await host.ConnectAsync(Cancellation))
        {
            await half.SendAsync(Encoding.ASCII.GetBytes($"PUT {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {large.Length}\r\n\r\n"), Cancellation);
            await half.SendAsync(large.AsMemory(0, large.Length - 1), Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, await HeadAsync(host, path));
        }

        await Eventually(() => Task.FromResult(System.IO.Directory.GetFiles(Store + "/files/incoming").Length == 0));
        Assert.Equal(HttpStatusCode.NotFound, await HeadAsync(host, path));
        using var put = await PutAsync(host, Digest(large), large);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        Assert.Equal(large, await host.Client.GetByteArrayAsync(path, Cancellation));
        Assert.Equal(HttpStatusCode.OK, await HeadAsync(host, path));
    }

    [KernelFact]
    public async Task What_is_used_stays_and_what_is_removed_is_gone()
    {
        await using var host = await StartAsync();
        var digest = Digest("input"u8.ToArray());
        (await PutAsync(host, digest, "input"u8.ToArray())).Dispose();
        using var running = await host.PostAsync($$"""{ "command": ["sleep", "60"], "files": { "/work/in": { "from": "sha256:{{digest}}" } } }""", Cancellation, "?wait=0");
        await Eventually(async () => (await host.Client.GetStringAsync(running.Headers.Location, Cancellation)).Contains("running", StringComparison.Ordinal)
            && System.IO.Directory.GetFiles(Store + "/files/leases").Length > 0);

        using var busy = await host.Client.DeleteAsync("/v1/files/" + digest, Cancellation);
        (await host.Client.DeleteAsync(running.Headers.Location, Cancellation)).Dispose();
        await Eventually(() => Task.FromResult(System.IO.Directory.GetFiles(Store + "/files/leases").Length == 0));
        using var removed = await host.Client.DeleteAsync("/v1/files/" + digest, Cancellation);
        using var again = await host.Client.DeleteAsync("/v1/files/" + digest, Cancellation);
        using var job = await host.PostAsync($$"""{ "command": ["true"], "stdin": { "from": "sha256:{{digest}}" } }""", Cancellation);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.NoContent, HttpStatusCode.NotFound), (busy.StatusCode, removed.StatusCode, again.StatusCode));
        Assert.Equal("setup-error", (await Json(job)).GetProperty("verdict").GetString());
    }

    // Whoever comes by a loopback port is another tenant than the user of the unix socket.
    [KernelFact]
    public async Task A_digest_tells_another_tenant_nothing()
    {
        await using var host = await ServedHost.StartAsync(Directory, new Dictionary<string, string> { ["SANDBOX_STORE"] = Store }, Cancellation, "--listen", "127.0.0.1:0");
        using var stranger = new HttpClient { BaseAddress = new($"http://127.0.0.1:{host.Ports.Single()}") };
        var content = "a secret"u8.ToArray();
        var (digest, path) = (Digest(content), "/v1/files/" + Digest(content));
        var job = $$"""{ "command": ["cat"], "stdin": { "from": "sha256:{{digest}}" } }""";
        (await PutAsync(host, digest, content)).Dispose();

        using var get = await stranger.GetAsync(path, Cancellation);
        using var removed = await stranger.DeleteAsync(path, Cancellation);
        using var before = new StringContent(job);
        using var unknown = await stranger.PostAsync("/v1/jobs", before, Cancellation);
        using var body = new ByteArrayContent(content);
        using var put = await stranger.PutAsync(path, body, Cancellation);
        using var after = new StringContent(job);
        using var known = await stranger.PostAsync("/v1/jobs", after, Cancellation);
        (await host.Client.DeleteAsync(path, Cancellation)).Dispose();

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.OK), (get.StatusCode, removed.StatusCode, put.StatusCode));
        Assert.Equal(("setup-error", "ok"), ((await Json(unknown)).GetProperty("verdict").GetString(), (await Json(known)).GetProperty("verdict").GetString()));
        Assert.Equal(HttpStatusCode.NotFound, await HeadAsync(host, path));
        Assert.Equal(content, await stranger.GetByteArrayAsync(path, Cancellation));
    }

    [KernelTheory]
    [InlineData("abc")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    public async Task A_name_that_is_no_digest_is_refused(string name)
    {
        await using var host = await StartAsync();

        using var put = await PutAsync(host, name, []);
        using var get = await host.Client.GetAsync("/v1/files/" + name, Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (put.StatusCode, get.StatusCode));
    }

    [KernelFact]
    public async Task What_is_larger_than_the_store_is_refused_before_all_of_it_has_come()
    {
        await using var host = await StartAsync("SANDBOX_STORE_SIZE=1MiB");
        var large = new byte[2 << 20];

        using var put = await PutAsync(host, Digest(large), large);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, put.StatusCode);
        Assert.Empty(System.IO.Directory.GetFiles(Store + "/files/objects"));
    }

    private Task<ServedHost> StartAsync(params string[] variables) =>
        ServedHost.StartAsync(Directory, new Dictionary<string, string>(variables.Select(static one => KeyValuePair.Create(one.Split('=')[0], one.Split('=')[1]))) { ["SANDBOX_STORE"] = Store }, Cancellation);

    private static async Task<HttpResponseMessage> PutAsync(ServedHost host, string name, byte[] content)
    {
        using var body = new ByteArrayContent(content);
        return await host.Client.PutAsync("/v1/files/" + name, body, Cancellation);
    }

    private static async Task<HttpStatusCode> HeadAsync(ServedHost host, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var answer = await host.Client.SendAsync(request, Cancellation);
        return answer.StatusCode;
    }

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static async Task<JsonElement> Json(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(10, Cancellation);
        }
    }
}
