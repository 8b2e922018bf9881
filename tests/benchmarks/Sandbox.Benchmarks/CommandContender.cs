using System.Diagnostics;
using System.Globalization;

namespace Sandbox.Benchmarks;

/// <summary>A command that prints a line of figures per run: measure.c around a tool, or floor.c.</summary>
/// <param name="command">The words; <see cref="CountWord"/> stands for the number of runs.</param>
internal sealed class CommandContender(string name, string description, IReadOnlyList<string> command)
    : Contender(name, description)
{
    public const string CountWord = "{count}";

    protected override IEnumerable<Sample> Run(int count)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in command.Skip(1))
        {
            start.ArgumentList.Add(word == CountWord ? count.ToString(CultureInfo.InvariantCulture) : word);
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {command[0]}");
        var errors = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException(errors.Result.Trim());
        }

        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse).ToList();
    }

    internal static Sample Parse(string line)
    {
        var figures = line.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture)).ToArray();
        return new Sample
        {
            WallMicroseconds = figures[0] / 1000,
            CpuMicroseconds = figures[1] + figures[2],
            PeakKibibytes = figures[3],
        };
    }
}
