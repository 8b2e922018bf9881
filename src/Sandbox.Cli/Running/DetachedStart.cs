using System.Globalization;
using System.Text;
using Sandbox.Cli.Interop;
using Sandbox.Cli.Run;

namespace Sandbox.Cli.Running;

/// <summary><c>sandbox run --detach</c>, as long as the caller waits for it: another process of this program has the job, and says how it went when the job has started.</summary>
internal static class DetachedStart
{
    /// <summary>The first word of the other process; no command of the table, since nobody else has a use for it.</summary>
    public const string Word = "detached-run";

    private const char Failed = '!';

    /// <summary>Starts it, and prints the id of the job once that runs.</summary>
    /// <param name="arguments">Those of <c>sandbox run</c>.</param>
    /// <returns>0, or what <c>sandbox run</c> would have had for a job that did not start.</returns>
    public static int Run(string[] arguments)
    {
        if (Descriptors.Pipe(out var reader, out var writer) is var error and < 0)
        {
            Diagnostics.Write($"--detach: {ErrnoNames.Of(-error)}");
            return RunStatus.Sandbox;
        }

        using (reader)
        {
            using (writer)
            {
                if (BackgroundProcess.Start(["sandbox", Word, .. arguments], writer) is var errno and not 0)
                {
                    Diagnostics.Write($"--detach: this program cannot be started once more: {ErrnoNames.Of(errno)}");
                    return RunStatus.Sandbox;
                }
            }

            return Tell(ReadAll(reader));
        }
    }

    /// <summary>What the other process says once its job runs.</summary>
    public static byte[] Started(string id) => Encoding.ASCII.GetBytes(id);

    /// <summary>What it says if that does not come to be, after it has told why.</summary>
    public static byte[] NotStarted(int status) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Failed}{status}"));

    private static int Tell(string said)
    {
        if (said is [Failed, .. var status] && int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        if (said.Length == 0)
        {
            Diagnostics.Write("--detach: the process that had the job has ended without a word");
            return RunStatus.Sandbox;
        }

        StandardStreams.WriteOutput(said);
        return StandardStreams.OutputFailed ? RunStatus.Sandbox : ExitStatus.Ok;
    }

    private static string ReadAll(Microsoft.Win32.SafeHandles.SafeFileHandle pipe)
    {
        var said = new StringBuilder();
        Span<byte> buffer = stackalloc byte[256];
        int count;
        while ((count = Descriptors.Read(pipe, buffer)) > 0)
        {
            said.Append(Encoding.ASCII.GetString(buffer[..count]));
        }

        return said.ToString();
    }
}
