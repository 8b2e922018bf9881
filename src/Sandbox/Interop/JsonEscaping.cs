using System.Buffers;
using System.Text.Encodings.Web;

namespace Sandbox.Interop;

/// <summary>
/// The same escapes as <see cref="JavaScriptEncoder.UnsafeRelaxedJsonEscaping"/>, which decides about all 65,536 characters when it is first used: a quarter of a
/// millisecond of a process that may have only plain ASCII to write. Of anything else it is asked. In this folder because what is overridden takes a pointer.
/// </summary>
internal sealed class JsonEscaping : JavaScriptEncoder
{
    private static readonly SearchValues<char> s_plain = SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");
    private static readonly SearchValues<byte> s_plainBytes = SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    private JsonEscaping()
    {
    }

    /// <summary>For files of programs and people, not for text within HTML.</summary>
    public static JavaScriptEncoder Relaxed { get; } = new JsonEscaping();

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => UnsafeRelaxedJsonEscaping.MaxOutputCharactersPerInputCharacter;

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength) =>
        new ReadOnlySpan<char>(text, textLength).ContainsAnyExcept(s_plain) ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncode(text, textLength) : -1;

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) =>
        utf8Text.ContainsAnyExcept(s_plainBytes) ? UnsafeRelaxedJsonEscaping.FindFirstCharacterToEncodeUtf8(utf8Text) : -1;

    /// <inheritdoc/>
    public override OperationStatus Encode(ReadOnlySpan<char> source, Span<char> destination, out int charsConsumed, out int charsWritten, bool isFinalBlock = true) =>
        UnsafeRelaxedJsonEscaping.Encode(source, destination, out charsConsumed, out charsWritten, isFinalBlock);

    /// <inheritdoc/>
    public override OperationStatus EncodeUtf8(ReadOnlySpan<byte> utf8Source, Span<byte> utf8Destination, out int bytesConsumed, out int bytesWritten, bool isFinalBlock = true) =>
        UnsafeRelaxedJsonEscaping.EncodeUtf8(utf8Source, utf8Destination, out bytesConsumed, out bytesWritten, isFinalBlock);

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        UnsafeRelaxedJsonEscaping.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => UnsafeRelaxedJsonEscaping.WillEncode(unicodeScalar);
}
