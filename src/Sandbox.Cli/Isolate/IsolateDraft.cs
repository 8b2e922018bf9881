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

        if (request.MergesStderr && request.Stderr is not null)
        {
            return "Cannot use both --stderr and --stderr-to-stdout.";
        }

        if (request.Action == IsolateAction.Run && request.Program.Count == 0)
        {
            return "Please specify the command to run.";
        }

        return request.Action != IsolateAction.Run && request.Program.Count > 0 ? $"Unexpected argument: {request.Program[0]}" : null;
    }
}
