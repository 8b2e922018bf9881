using System.Globalization;
using System.Text.Json;
using Sandbox.Interop;
using Sandbox.Text;

namespace Sandbox.Jobs;

/// <summary>One limit of a job, with all that is true of it whatever holds it: how it is called, read, written, checked and told.</summary>
internal abstract record Limit
{
    /// <summary>The member of <c>limits</c> in job.json, and the name in results.</summary>
    public required string Name { get; init; }

    /// <summary>The option of <c>sandbox run</c>, without dashes.</summary>
    public required string Option { get; init; }

    /// <summary>Another name of the option, or null.</summary>
    public string? OptionAlias { get; init; }

    /// <summary>The one-letter name of the option; NUL for none.</summary>
    public char OptionLetter { get; init; }

    /// <summary>What is limited, as the option's help says it: without a capital and a full stop.</summary>
    public required string Help { get; init; }

    /// <summary>What else the schema says of it, in whole sentences; empty for nothing.</summary>
    public string Details { get; init; } = "";

    /// <summary>How a job may <c>require</c> that the kernel holds it; null where the kernel never does.</summary>
    public RequiredLimit? Required { get; init; }

    /// <summary>What the kernel holds each process to for it, where that is a limit of getrlimit(2).</summary>
    public Rlimit? Rlimit { get; init; }

    /// <summary>The least value, in the unit of results; 0 for any.</summary>
    public virtual long Floor => 0;

    /// <summary>Its JSON pointer.</summary>
    public string Pointer => "/limits/" + Name;

    /// <summary>What it is, in whole sentences.</summary>
    public string Description =>
        $"{char.ToUpperInvariant(Help[0])}{Help[1..]}.{(Minimum is { } least ? $" The minimum is {least}." : "")}{(Details.Length > 0 ? " " + Details : "")}";

    /// <summary>It has a default of its own, rather than the host's.</summary>
    public abstract bool HasDefault { get; }

    /// <summary>The job has such a limit.</summary>
    public bool IsSet(ResourceLimits limits) => Value(limits) is not null;

    /// <summary>The limit in the unit of results: seconds, bytes or a number; null for none.</summary>
    public abstract double? Value(ResourceLimits limits);

    /// <summary>The same limits with this one lowered, if it is above what is given here.</summary>
    public virtual ResourceLimits AtMost(ResourceLimits limits, long most) => limits;

    /// <summary>Reads the value under the cursor; the limits as they were, with the problem noted, if it is none.</summary>
    public abstract ResourceLimits Read(ref JsonCursor json, ResourceLimits limits);

    /// <summary>Writes it, unless it is as usual.</summary>
    public abstract void Write(Utf8JsonWriter json, ResourceLimits limits, ResourceLimits usual);

    /// <summary>Writes it in any case.</summary>
    public abstract void Write(Utf8JsonWriter json, ResourceLimits limits);

    /// <summary>Notes what is wrong with it.</summary>
    public abstract void Check(ResourceLimits limits, ProblemList problems);

    /// <summary>A value in the words of messages.</summary>
    public abstract string Text(double value);

    /// <summary>The least value that the schema cannot tell otherwise; null for none.</summary>
    protected virtual string? Minimum => null;
}

/// <summary>A limit whose value is a <typeparamref name="T"/>.</summary>
internal abstract record Limit<T> : Limit
    where T : struct
{
    /// <summary>What the job is given; null for no limit.</summary>
    public required Func<ResourceLimits, T?> Get { get; init; }

    /// <summary>The same limits with another value for this one.</summary>
    public required Func<ResourceLimits, T?, ResourceLimits> With { get; init; }

    /// <summary>What stands for <c>"none"</c>. Default null.</summary>
    public T? Lifted { get; init; }

    public sealed override double? Value(ResourceLimits limits) =>
        Get(limits) is { } value && !value.Equals(Lifted) ? Convert(value) : null;

    public sealed override ResourceLimits Read(ref JsonCursor json, ResourceLimits limits) =>
        json.IsText("none") ? With(limits, Lifted) : ReadValue(ref json) is { } value ? With(limits, value) : limits;

    public sealed override bool HasDefault => Lifted is null || Get(new()) is not null;

    public sealed override void Write(Utf8JsonWriter json, ResourceLimits limits, ResourceLimits usual)
    {
        if (!Get(limits).Equals(Get(usual)))
        {
            Write(json, limits);
        }
    }

    public sealed override void Write(Utf8JsonWriter json, ResourceLimits limits)
    {
        if (Get(limits) is { } set && !set.Equals(Lifted))
        {
            WriteValue(json, set);
            return;
        }

        json.WriteString(Name, "none");
    }

    public sealed override void Check(ResourceLimits limits, ProblemList problems)
    {
        if (Get(limits) is { } value && Problem(value) is { } problem)
        {
            problems.Add(Pointer, problem);
        }
    }

    protected abstract double Convert(T value);

    protected abstract T? ReadValue(ref JsonCursor json);

    protected abstract void WriteValue(Utf8JsonWriter json, T value);

    protected abstract string? Problem(T value);

    protected const string Lifts = "; \"none\" lifts the limit";
}

/// <summary>A time, which is written with its unit.</summary>
internal sealed record DurationLimit : Limit<TimeSpan>
{
    // Far from where nanoseconds since boot leave 64 bits; "none" is the way to say never.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(3650);

    public override string Text(double value) => FormattableString.Invariant($"{value} s");

    protected override double Convert(TimeSpan value) => value.TotalSeconds;

    protected override TimeSpan? ReadValue(ref JsonCursor json)
    {
        if (json.Text("must be a duration such as \"2s\" or \"1500ms\", or \"none\"") is not { } text)
        {
            return null;
        }

        if (Quantity.ParseDuration(text, out var duration, out var suggestion) is not { } problem)
        {
            return duration;
        }

        json.Problem(problem, suggestion);
        return null;
    }

    protected override void WriteValue(Utf8JsonWriter json, TimeSpan value) => json.WriteString(Name, Quantity.DurationWord(value));

    protected override string? Problem(TimeSpan value) =>
        value <= TimeSpan.Zero ? "must be more than nothing" + Lifts
        : value > s_longest ? "must be at most ten years" + Lifts
        : null;
}

/// <summary>A number of bytes, which is written with its unit.</summary>
internal sealed record SizeLimit : Limit<long>
{
    /// <summary>The least that makes sense.</summary>
    public long Least { get; init; }

    /// <summary>With less no program starts.</summary>
    public bool IsLeastOfPrograms { get; init; }

    public override long Floor => Least;

    public override string Text(double value) => Quantity.SizeText((long)value);

    public override ResourceLimits AtMost(ResourceLimits limits, long most) => Get(limits) > most ? With(limits, most) : limits;

    protected override string? Minimum => Least > 1 ? Quantity.SizeText(Least) : null;

    protected override double Convert(long value) => value;

    protected override long? ReadValue(ref JsonCursor json) => FieldReaders.Size(ref json);

    protected override void WriteValue(Utf8JsonWriter json, long value) => json.WriteString(Name, Quantity.SizeWord(value));

    protected override string? Problem(long value) =>
        value < 0 ? "must not be negative"
        : value >= Least ? null
        : IsLeastOfPrograms ? $"must be at least {Quantity.SizeWord(Least)}: no program starts with less" + Lifts
        : $"must be at least {Least}" + Lifts;
}

/// <summary>A whole number of things.</summary>
internal sealed record CountLimit : Limit<int>
{
    /// <summary>The least that makes sense.</summary>
    public required int Least { get; init; }

    /// <summary>The most that the kernel takes.</summary>
    public int Most { get; init; } = int.MaxValue;

    public override long Floor => Least;

    public override string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    public override ResourceLimits AtMost(ResourceLimits limits, long most) => Get(limits) > most ? With(limits, (int)most) : limits;

    protected override double Convert(int value) => value;

    protected override int? ReadValue(ref JsonCursor json)
    {
        var number = json.Integer("must be a whole number, or \"none\"");
        if (number is null or (>= int.MinValue and <= int.MaxValue))
        {
            return (int?)number;
        }

        json.Problem(number < 0 ? "must not be negative" : "is too large");
        return null;
    }

    protected override void WriteValue(Utf8JsonWriter json, int value) => json.WriteNumber(Name, value);

    protected override string? Problem(int value) =>
        value < 0 ? "must not be negative" : value < Least ? $"must be at least {Least}" + Lifts : value > Most ? $"must be at most {Most}" : null;
}

/// <summary>A number of processors, which need not be whole.</summary>
internal sealed record ProcessorLimit : Limit<double>
{
    /// <summary>With less a period has less than the millisecond that is the kernel's least (sched-bwc.rst).</summary>
    public const double Least = 0.01;

    public override string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    protected override double Convert(double value) => value;

    protected override double? ReadValue(ref JsonCursor json) => json.Decimal("must be a number such as 1.5, or \"none\"");

    protected override void WriteValue(Utf8JsonWriter json, double value) => json.WriteNumber(Name, value);

    protected override string? Problem(double value) => value is >= Least and <= CpuSet.Capacity ? null
        : $"must be from {Least.ToString(CultureInfo.InvariantCulture)} to {CpuSet.Capacity}" + Lifts;
}
