using Sandbox.Text;

namespace Sandbox.Planning.Steps;

/// <summary>The launcher's part ends and the job begins.</summary>
internal sealed record ExecStep(IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment) : PlanStep(PlanPhase.Exec, "/command")
{
    /// <summary>A name without a slash is looked for in the working directory before PATH.</summary>
    public bool HereFirst { get; init; }

    /// <summary>It is not looked for at all, and the job itself tells if it cannot be executed.</summary>
    public bool AsGiven { get; init; }

    /// <summary>What the environment has besides if the kernel was not to be had for leading connections to the host.</summary>
    public IReadOnlyList<string> ProxyEnvironment { get; init; } = [];

    /// <summary>The number, among the optional ones, of the step that was skipped then.</summary>
    public int Redirect { get; init; }

    public override Operation Operation => Operation.Execute;

    public override string? Path => Arguments[0];

    public override StepFields Fields => new(StepKind.Exec)
    {
        WordsA = Arguments,
        WordsB = [.. Environment, .. ProxyEnvironment],
        // plan.h, enum exec_how
        Value2 = AsGiven ? 2UL : HereFirst ? 1UL : 0,
        Value3 = ((ulong)Redirect << 32) | (uint)ProxyEnvironment.Count,
    };

    /// <summary>Names of variables only: their values may be secrets.</summary>
    public override string Describe()
    {
        var text = "execute";
        foreach (var argument in Arguments)
        {
            text += " " + Words.Quote(argument);
        }

        text += ", variables:";
        foreach (var variable in Environment)
        {
            var equals = variable.IndexOf('=', StringComparison.Ordinal);
            text += " " + Words.Quote(equals < 0 ? variable : variable[..equals]);
        }

        if (ProxyEnvironment.Count > 0)
        {
            text += "; without redirected connections those of proxies, too";
        }

        return text;
    }
}
