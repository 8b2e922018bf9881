using System.Text;
using System.Threading.Channels;
using Sandbox;

namespace Judge;

/// <summary>What somebody sends.</summary>
internal sealed record SubmissionRequest(string Author, string Problem, string Language, string Source)
{
    private const int LongestName = 32;

    /// <summary>Everything that is wrong with it, by member.</summary>
    public Dictionary<string, string[]> Mistakes(IReadOnlyDictionary<string, Problem> problems, int maxSourceBytes)
    {
        var mistakes = new Dictionary<string, string[]>();
        Require("author", Author.Trim().Length is > 0 and <= LongestName && Author == DisplayText.Printable(Author), $"must be 1 to {LongestName} characters that can be seen");
        Require("problem", problems.ContainsKey(Problem), $"is none of {string.Join(", ", problems.Keys)}");
        Require("language", Judge.Language.Find(Language) is not null, $"is none of {string.Join(", ", Judge.Language.All.Select(static language => language.Id))}");
        Require("source", Source.Length > 0 && Encoding.UTF8.GetByteCount(Source) <= maxSourceBytes, $"must have 1 to {maxSourceBytes} bytes");
        return mistakes;

        void Require(string member, bool isRight, string mistake)
        {
            if (!isRight)
            {
                mistakes.Add(member, [mistake]);
            }
        }
    }
}

/// <summary>How far a submission is.</summary>
internal enum SubmissionState
{
    Queued,
    Running,
    Done,
}

/// <summary>A submission as others see it: without its source.</summary>
internal sealed record Submission(long Id, DateTimeOffset At, string Author, string Problem, string Language, SubmissionState State, Report? Report = null);

/// <summary>The submissions: those that wait, of which there are so many at most, and the latest of those that are judged, which are forgotten from the oldest on.</summary>
/// <param name="places">How many may wait.</param>
/// <param name="kept">How many are remembered.</param>
/// <param name="clock">The time.</param>
internal sealed class SubmissionList(int places, int kept, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, Submission> _all = [];
    private readonly Channel<(long Id, SubmissionRequest Request)> _waiting = Channel.CreateBounded<(long Id, SubmissionRequest Request)>(places);
    private TimeSpan _usual = TimeSpan.FromSeconds(1);
    private long _last;

    /// <summary>Those that wait, in order; for whoever judges them.</summary>
    public IAsyncEnumerable<(long Id, SubmissionRequest Request)> WaitingAsync(CancellationToken cancellationToken) => _waiting.Reader.ReadAllAsync(cancellationToken);

    /// <summary>After what time there should be a place again, at least a second: submissions have taken about so long until now.</summary>
    public TimeSpan TimeToPlace => _usual / JudgeService.Workers is var time && time.TotalSeconds > 1 ? time : TimeSpan.FromSeconds(1);

    /// <summary>Takes one on; null if so many wait that there is no place.</summary>
    public Submission? Add(SubmissionRequest request)
    {
        lock (_lock)
        {
            var submission = new Submission(_last + 1, clock.GetUtcNow(), request.Author, request.Problem, request.Language, SubmissionState.Queued);
            if (!_waiting.Writer.TryWrite((submission.Id, request)))
            {
                return null;
            }

            _all.Add(submission.Id, submission);
            _last = submission.Id;
            if (_all.Count > kept && _all.Values.FirstOrDefault(static one => one.State == SubmissionState.Done) is { } oldest)
            {
                _all.Remove(oldest.Id);
            }

            return submission;
        }
    }

    public void Begin(long id) => Change(id, static submission => submission with { State = SubmissionState.Running });

    public void End(long id, Report report, TimeSpan took)
    {
        Change(id, submission => submission with { State = SubmissionState.Done, Report = report });
        lock (_lock)
        {
            _usual = (0.9 * _usual) + (0.1 * took);
        }
    }

    public Submission? Find(long id)
    {
        lock (_lock)
        {
            return _all.GetValueOrDefault(id);
        }
    }

    /// <summary>The latest first.</summary>
    public IReadOnlyList<Submission> Latest(int most)
    {
        lock (_lock)
        {
            return [.. _all.Values.Reverse().Take(most)];
        }
    }

    private void Change(long id, Func<Submission, Submission> change)
    {
        lock (_lock)
        {
            if (_all.TryGetValue(id, out var submission))
            {
                _all[id] = change(submission);
            }
        }
    }
}

/// <summary>An author's best points.</summary>
internal sealed record ScoreboardRow(string Author, double Points, IReadOnlyDictionary<string, double> Problems);

/// <summary>Who has how many points.</summary>
internal static class Scoreboard
{
    public static IEnumerable<ScoreboardRow> Of(IEnumerable<Submission> submissions) =>
        from submission in submissions
        where submission.Report is not null
        group submission by submission.Author into own
        let best = own.GroupBy(static one => one.Problem).ToDictionary(static one => one.Key, static one => one.Max(static submission => submission.Report!.Points))
        let points = best.Values.Sum()
        orderby points descending, own.Key
        select new ScoreboardRow(own.Key, points, best);
}
