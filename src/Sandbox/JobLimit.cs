using System.Text.Json;
using Sandbox.Jobs;

namespace Sandbox;

/// <summary>One limit of <see cref="ResourceLimits"/> with what a form, a command line or a report has to know of it.</summary>
/// <remarks>Its cases are <see cref="JobLimit{T}"/> of <see cref="TimeSpan"/>, of <see cref="long"/> (bytes), of <see cref="int"/> (a number of things) and of <see cref="double"/> (processors).</remarks>
public abstract record JobLimit
{
    private readonly Limit _limit;

    private protected JobLimit(Limit limit)
    {
        _limit = limit;
        (Name, Summary, Details, Option, OptionAlias, OptionLetter, Required) = (limit.Name, limit.Help, limit.Details, limit.Option, limit.OptionAlias, limit.OptionLetter, limit.Required);
    }

    /// <summary>The member of <c>limits</c> in job.json and the name in results, such as <c>wallTime</c>.</summary>
    public string Name { get; }

    /// <summary>What it bounds, in one sentence without a full stop; in brackets the default of <c>sandbox run</c>.</summary>
    public string Summary { get; }

    /// <summary>The option of <c>sandbox run</c>, without dashes.</summary>
    public string Option { get; }

    /// <summary>Another name of the option; null for none.</summary>
    public string? OptionAlias { get; }

    /// <summary>The one-letter name of the option; NUL for none.</summary>
    public char OptionLetter { get; }

    /// <summary>How a job may <see cref="JobSpec.Require"/> that the kernel holds it; null where the kernel never does.</summary>
    public RequiredLimit? Required { get; }

    /// <summary>What else there is to say of it, in whole sentences; empty for nothing.</summary>
    public string Details { get; }

    /// <summary>Its JSON pointer, as in <see cref="JobProblem.Pointer"/>.</summary>
    public string Pointer => "/limits/" + Name;

    /// <summary>Every limit, in the order of job.json.</summary>
    public static IReadOnlyList<JobLimit> All { get; } = [.. LimitTable.All.Select(Of)];

    /// <summary>The value as a person writes it, such as <c>64MiB</c>; null for no limit.</summary>
    /// <param name="limits">The job's.</param>
    public string? Text(ResourceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return _limit.Value(limits) is { } value ? _limit.Text(value) : null;
    }

    /// <summary>Writes it as a member of <c>limits</c> in job.json; <c>"none"</c> where there is no limit.</summary>
    /// <param name="json">In an object.</param>
    /// <param name="limits">The job's.</param>
    public void Write(Utf8JsonWriter json, ResourceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(limits);
        _limit.Write(json, limits);
    }

    private static JobLimit Of(Limit limit) => limit switch
    {
        Limit<TimeSpan> time => new JobLimit<TimeSpan>(time),
        Limit<long> size => new JobLimit<long>(size),
        Limit<int> count => new JobLimit<int>(count),
        Limit<double> number => new JobLimit<double>(number),
        _ => throw new InvalidOperationException("a limit of a kind that is not known"),
    };
}

/// <summary>A limit whose value is a <typeparamref name="T"/>.</summary>
/// <typeparam name="T">Its type in <see cref="ResourceLimits"/>.</typeparam>
public sealed record JobLimit<T> : JobLimit
    where T : struct
{
    private readonly Limit<T> _value;

    internal JobLimit(Limit<T> limit)
        : base(limit) => _value = limit;

    /// <summary>What the job is given; null for no limit.</summary>
    /// <param name="limits">The job's.</param>
    public T? Get(ResourceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return _value.Get(limits) is { } value && !value.Equals(_value.Lifted) ? value : null;
    }

    /// <summary>The same limits with another value for this one; it is not checked before the job is.</summary>
    /// <param name="limits">The job's.</param>
    /// <param name="value">Null lifts the limit.</param>
    public ResourceLimits With(ResourceLimits limits, T? value)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return _value.With(limits, value ?? _value.Lifted);
    }
}
