using System.Text;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>Base64 as Judge0 has it: written with a line end after every 60 characters and at the end, and read whatever else is between its letters.</summary>
internal static class Base64Lines
{
    private const int LineBytes = 45;

    /// <summary>Writes bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder((bytes.Length / LineBytes * 61) + 64);
        for (; bytes.Length > 0; bytes = bytes[Math.Min(LineBytes, bytes.Length)..])
        {
            text.Append(Convert.ToBase64String(bytes[..Math.Min(LineBytes, bytes.Length)])).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Reads bytes. What is no letter of it is passed over; it ends at the first <c>=</c>.</summary>
    public static byte[] Decode(string text)
    {
        var bytes = new byte[(text.Length / 4 * 3) + 3];
        var (count, bits, held) = (0, 0, 0);
        foreach (var letter in text)
        {
            if (letter == '=')
            {
                break;
            }

            var value = ValueOf(letter);
            if (value < 0)
            {
                continue;
            }

            held = ((held << 6) | value) & 0xFFFF;
            bits += 6;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[count++] = (byte)(held >> bits);
            }
        }

        return bytes[..count];
    }

    private static int ValueOf(char letter) => letter switch
    {
        >= 'A' and <= 'Z' => letter - 'A',
        >= 'a' and <= 'z' => letter - 'a' + 26,
        >= '0' and <= '9' => letter - '0' + 52,
        '+' or '-' => 62,
        '/' or '_' => 63,
        _ => -1,
    };
}
