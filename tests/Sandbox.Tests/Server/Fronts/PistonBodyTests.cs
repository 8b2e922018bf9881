using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sandbox.Server.Fronts.Piston;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

/// <summary>Bodies as the parser of the original takes them.</summary>
public sealed class PistonBodyTests
{
    private const string Json = """{"language":"é"}""";

    private static async Task<string> ReadAsync(byte[] body, string? encoding = null, string type = "application/json")
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(body);
        context.Request.ContentType = type;
        if (encoding is not null)
        {
            context.Request.Headers.ContentEncoding = encoding;
        }

        using var read = await PistonBody.ReadAsync(context);
        return read.RootElement.GetRawText();
    }

    private static byte[] Packed(Func<Stream, Stream> pack, byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var packing = pack(packed))
        {
            packing.Write(plain);
        }

        return packed.ToArray();
    }

    [Fact]
    public async Task A_body_may_be_compressed()
    {
        var plain = Encoding.UTF8.GetBytes(Json);

        Assert.Equal(Json, await ReadAsync(plain, "identity"));
        Assert.Equal(Json, await ReadAsync(Packed(static to => new GZipStream(to, CompressionMode.Compress), plain), "gzip"));
        Assert.Equal(Json, await ReadAsync(Packed(static to => new ZLibStream(to, CompressionMode.Compress), plain), "Deflate"));
    }

    [Fact]
    public async Task What_it_unpacks_to_is_bounded_and_what_is_damaged_said_so()
    {
        var bomb = Packed(static to => new GZipStream(to, CompressionMode.Compress), Encoding.UTF8.GetBytes($$"""{"a":"{{new string('a', 10_000_000)}}"}"""));

        Assert.StartsWith("PayloadTooLargeError", (await Assert.ThrowsAsync<PistonBodyException>(() => ReadAsync(bomb, "gzip"))).Message, StringComparison.Ordinal);
        Assert.StartsWith("PayloadTooLargeError", (await Assert.ThrowsAsync<PistonBodyException>(() => ReadAsync(Encoding.UTF8.GetBytes($"\"{new string('a', 110_000)}\"")))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PistonBodyException>(() => ReadAsync([1, 2, 3], "gzip"));
        await Assert.ThrowsAsync<PistonBodyException>(() => ReadAsync([1, 2, 3], "deflate"));
        await Assert.ThrowsAsync<PistonBodyException>(() => ReadAsync("{}"u8.ToArray(), "compress"));
    }

    [Fact]
    public async Task Any_form_of_Unicode_is_read_and_no_other()
    {
        Assert.Equal(Json, await ReadAsync([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Json)]));
        Assert.Equal(Json, await ReadAsync(Encoding.Unicode.GetBytes(Json), type: "application/json; charset=utf-16le"));
        Assert.Equal(Json, await ReadAsync(Encoding.UTF8.GetBytes(Json), type: "application/json; charset=\"UTF-8\""));
        await Assert.ThrowsAsync<PistonBodyException>(() => ReadAsync(Encoding.Latin1.GetBytes(Json), type: "application/json; charset=latin1"));
    }

    [Fact]
    public async Task No_body_is_an_object_and_what_is_no_JSON_is_a_syntax_error()
    {
        Assert.Equal("{}", await ReadAsync([]));
        Assert.StartsWith("SyntaxError: ", (await Assert.ThrowsAsync<PistonBodyException>(() => ReadAsync("{"u8.ToArray()))).Message, StringComparison.Ordinal);
    }
}
