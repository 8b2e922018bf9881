using System.Globalization;
using System.Text;

namespace Sandbox.Sequence;

/// <summary>What a checker is run as, and what its end means.</summary>
internal static class CheckProgramRun
{
    /// <summary>Where a program that judges has the input.</summary>
    public const string Input = "/check/input";

    /// <summary>Where it has the answer.</summary>
    public const string Answer = "/check/answer";

    /// <summary>A directory in which it may write.</summary>
    public const string Feedback = "/check/feedback";

    private const string Output = "/check/output";

    private static readonly char[] s_lineEnds = ['\n', '\r'];

    /// <summary>The job of the checker for one output.</summary>
    public static JobSpec JobFor(ProgramCheck check, string? name, Stdin input, ReadOnlyMemory<byte> output, Content? answer)
    {
        var (job, words) = (check.Job, new List<string> { Input, Output, Answer });
        if (check.Protocol == CheckProtocol.Kattis)
        {
            // The validator reads the output on descriptor 0, and gets a directory for what it has to say.
            words = [Input, Answer, Feedback];
            job = job with { Stdin = Stdin.From(Content.Of(output)), Mounts = [.. job.Mounts, Mount.Tmpfs(Feedback)] };
        }

        return job with
        {
            Name = name,
            Command = [.. job.Command, .. words],
            Files = [.. job.Files, File(Input, (input as ContentStdin)?.Content ?? Content.Of(default)), File(Output, Content.Of(output)), File(Answer, answer ?? Content.Of(default))],
        };
    }

    /// <summary>A file that it is shown.</summary>
    public static InjectedFile File(string path, Content content) => new() { Path = path, Content = content, ReadOnly = true };

    /// <summary>How it judged.</summary>
    /// <param name="check">The checker.</param>
    /// <param name="result">What came of its job.</param>
    /// <param name="points">What the case is worth, for a checker that gives points.</param>
    public static CheckResult Judge(JudgeCheck check, JobResult result, double points)
    {
        var said = FirstLine(result.Stderr) is { Length: > 0 } line ? line : FirstLine(result.Stdout);
        var verdict = (check.Protocol, result.Verdict, result.ExitCode) switch
        {
            (_, Verdict.Cancelled, _) => Verdict.Cancelled,
            (_, Verdict.SetupError or Verdict.InternalError, _) => result.Verdict,
            (CheckProtocol.Testlib, Verdict.Ok, _) or (CheckProtocol.Kattis, Verdict.ExitCode, 42) => Verdict.Ok,
            (CheckProtocol.Testlib, Verdict.ExitCode, 1 or 2 or 4 or 8) or (CheckProtocol.Kattis, Verdict.ExitCode, 43) => Verdict.WrongAnswer,
            (CheckProtocol.Testlib, Verdict.ExitCode, 7) => Verdict.Partial,
            _ => Verdict.CheckError,
        };
        switch (verdict)
        {
            case Verdict.Ok:
                return new() { Verdict = verdict, Message = said, Fraction = 1 };
            case Verdict.WrongAnswer:
                return new() { Verdict = verdict, Message = said.Length > 0 ? said : "wrong answer" };
            case Verdict.Partial when NumberIn(said) is { } reached:
                var fraction = points > 0 ? Math.Clamp(reached / points, 0, 1) : 0;
                return new() { Verdict = fraction >= 1 ? Verdict.Ok : fraction <= 0 ? Verdict.WrongAnswer : Verdict.Partial, Message = said, Fraction = fraction };
            case Verdict.Partial:
                return new() { Verdict = Verdict.CheckError, Message = $"the {NameOf(check)} gave points and did not say how many", Result = result };
            default:
                return new() { Verdict = verdict, Message = $"the {NameOf(check)} failed: {result.Message}{(said.Length > 0 ? ": " + said : "")}", Result = result };
        }
    }

    private static string NameOf(JudgeCheck check) => check is InteractorCheck ? "interactor" : "checker";

    private static string FirstLine(StreamResult stream)
    {
        var bytes = (stream.Content ?? default).Span;
        var text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 512)]);
        var end = text.IndexOfAny(s_lineEnds);
        return end < 0 ? text : text[..end];
    }

    // quitp(0.5, "half") of testlib says "points 0.5 half".
    private static double? NumberIn(string text)
    {
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            {
                return number;
            }
        }

        return null;
    }
}
