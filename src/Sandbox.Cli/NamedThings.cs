using System.Buffers;
using System.Text.Json;

namespace Sandbox.Cli;

/// <summary>What the commands about things with names have in common: files of the store, volumes, networks.</summary>
internal static class NamedThings
{
    /// <summary>Does the same for each of several names. One that fails does not keep the others from their turn.</summary>
    /// <returns>The exit status.</returns>
    public static int ForEach(IReadOnlyList<string> names, Action<string> action) => Try(() =>
    {
        var status = ExitStatus.Ok;
        foreach (var name in names)
        {
            try
            {
                action(name);
            }
            catch (SandboxException failure)
            {
                Diagnostics.Write(failure);
                status = ExitStatus.NotOk;
            }
        }

        return status;
    });

    /// <summary>Runs a command; a name or a number that can be none is bad usage.</summary>
    /// <returns>The exit status.</returns>
    public static int Try(Func<int> action) => LastResort.Run(() =>
    {
        try
        {
            return action();
        }
        catch (FormatException problem)
        {
            Diagnostics.Write(problem.Message);
            return ExitStatus.Usage;
        }
    });

    /// <summary>JSON for people and programs, with a final line end.</summary>
    public static ReadOnlySpan<byte> Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            write(json);
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }
}
