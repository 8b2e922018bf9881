using System.Globalization;

namespace Sandbox.Cli.Isolate;

/// <summary>A command line of <c>isolate</c> while it is read.</summary>
internal sealed class IsolateDraft
{
    // Ten years, the longest that a limit of time may be.
    private const double LongestSeconds = 3650.0 * 24 * 3600;

    private bool _hasTwoActions;

    /// <summary>What is known so far.</summary>
    public IsolateRequest Request { get; set; } = new();

    /// <summary>What is to be done.</summary>
    public string? Set(IsolateAction action)
    {
        _hasTwoActions |= Request.Action is { } known && known != action;
        Request = Request with { Action = action };
        return null;
    }

    /// <summary>Changes what is known.</summary>
    public string? Set(Func<IsolateRequest, IsolateRequest> change)
    {
        Request = change(Request);
        return null;
    }

    /// <summary>The same with a number, which has to fit into a signed int.</summary>
    public string? Number(string text, Func<IsolateRequest, int, IsolateRequest> change)
    {
        if (text.Length == 0 || !text.All(char.IsAsciiDigit))
        {
            return $"Invalid numeric parameter: {text}";
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return $"Numeric parameter out of range: {text}";
        }

        Request = change(Request, number);
        return null;
    }

    /// <summary>The same with seconds, perhaps with a fraction, in milliseconds; what is there and less than one of them is one, since 0 is no limit.</summary>
    public string? Seconds(string text, Func<IsolateRequest, long, IsolateRequest> change)
    {
        const NumberStyles styles = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign;
        if (!double.TryParse(text, styles, CultureInfo.InvariantCulture, out var seconds) || !double.IsFinite(seconds))
        {
            return $"Invalid numeric parameter: {text}";
        }

        if (seconds is < 0 or > LongestSeconds)
        {
            return $"Numeric parameter out of range: {text}";
        }

        Request = change(Request, (long)Math.Ceiling(Math.Round(seconds * 1000, 3)));
        return null;
    }

    /// <summary>A variable.</summary>
    public string? Variable(string text) => text.StartsWith('=') || text.Length == 0
        ? $"Invalid environment specified: {text}"
        : Set(request => request with { Variables = [.. request.Variables, text] });

    /// <summary>A rule of <c>--dir</c>.</summary>
    public string? Directory(string text) => DirectoryRule.Parse(text, out var problem) is { } rule
        ? Set(request => request with { Directories = [.. request.Directories, rule] })
        : problem;

    /// <summary>A quota: blocks, and behind a comma inodes.</summary>
    public string? Quota(string text) => text.IndexOf(',') is >= 0 and var comma
        ? Number(text[..comma], static (request, blocks) => request with { QuotaBlocks = blocks }) ?? Number(text[(comma + 1)..], static (request, _) => request)
        : $"Invalid quota specified: {text}";

    /// <summary>Something that cannot be held: it is refused when something is to be done.</summary>
    public string? Refuse(string what) => Set(request => request with { Refusal = request.Refusal ?? what });

    /// <summary>What is wrong with all of it; null for nothing.</summary>
    public string? Problem()
    {
        var request = Request;
        if (_hasTwoActions)
        {
            return "Only one command is allowed.";
        }

        if (request.Action is null)
        {
            return "Please specify an isolate command (e.g. --init, --run).";
        }

        if (request is { GroupMemory: > 0, HasGroup: false })
        {
            return "Options related to control groups require --cg to be set.";
        }

        return (request.Action, request.Program.Count) switch
        {
            (IsolateAction.Run, 0) => "--run mode requires a command to run",
            (IsolateAction.Init, > 0) => "--init mode takes no parameters",
            (IsolateAction.Cleanup, > 0) => "--cleanup mode takes no parameters",
            _ => null,
        };
    }
}
