using System.Runtime.Versioning;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Interop;

[SupportedOSPlatform("linux")]
public sealed class JsonEscapingTests
{
    [Fact]
    public void Every_character_is_written_as_by_the_relaxed_encoder()
    {
        for (var code = 0; code <= 0x10FFFF; code += code is >= 0x3000 and < 0xD700 or >= 0x10000 ? 251 : 1)
        {
            var character = code is >= 0xD800 and < 0xE000 ? ((char)code).ToString() : char.ConvertFromUtf32(code);
            foreach (var text in (string[])[character, $"a{character}", $"{character}z \"quoted\"", $"plain {character} text of some length"])
            {
                Assert.Equal(Written(JavaScriptEncoder.UnsafeRelaxedJsonEscaping, text), Written(JsonEscaping.Relaxed, text));
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { (byte)'a', 0xC3 })]
    [InlineData(new byte[] { 0xF0, 0x9F, 0x98, (byte)'b' })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void What_is_no_text_is_written_as_by_the_relaxed_encoder(byte[] bytes) =>
        Assert.Equal(WrittenBytes(JavaScriptEncoder.UnsafeRelaxedJsonEscaping, bytes), WrittenBytes(JsonEscaping.Relaxed, bytes));

    private static string Written(JavaScriptEncoder encoder, string text)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Encoder = encoder }))
        {
            json.WriteStartObject();
            json.WriteString(text, text);
            json.WriteString("bytes"u8, Encoding.UTF8.GetBytes(text));
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string WrittenBytes(JavaScriptEncoder encoder, byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Encoder = encoder }))
        {
            json.WriteStringValue(bytes);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
