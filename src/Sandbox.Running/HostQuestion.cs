using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;

namespace Sandbox.Running;

/// <summary>What is asked of a host; one question on each connection, and one answer. Both are an object of JSON on one line.</summary>
internal static class HostQuestion
{
    public const string List = "list";
    public const string Inspect = "inspect";
    public const string Signal = "signal";
    public const string Kill = "kill";
    public const string Pause = "pause";
    public const string Resume = "resume";
    public const string Wait = "wait";
    public const string Log = "log";
    public const string Enter = "enter";

    /// <summary>The largest of either.</summary>
    public const int MostBytes = 64 << 20;

    /// <summary>One line from a socket, without its end.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public static byte[] ReadLine(Socket socket, int most)
    {
        var line = new ArrayBufferWriter<byte>(4096);
        while (true)
        {
            var count = socket.Receive(line.GetSpan(4096));
            if (count == 0 || line.WrittenCount + count > most)
            {
                throw new IOException("the connection ended before its line did");
            }

            line.Advance(count);
            if (line.WrittenSpan[^1] == (byte)'\n')
            {
                return line.WrittenSpan[..^1].ToArray();
            }
        }
    }

    /// <summary>Sends one line.</summary>
    public static void SendLine(Socket socket, Action<Utf8JsonWriter> members)
    {
        var line = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        for (var rest = line.WrittenSpan; rest.Length > 0;)
        {
            rest = rest[socket.Send(rest)..];
        }
    }
}
