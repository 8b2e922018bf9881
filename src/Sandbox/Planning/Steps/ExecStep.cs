namespace Sandbox.Planning.Steps;

/// <summary>The launcher's part ends and the job begins.</summary>
/// <remarks>
/// Carries RLIMIT_DATA so that a program whose writable segments exceed it is refused by name; the
/// kernel would kill it in the middle of execve without a word.
/// </remarks>
internal sealed record ExecStep(IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment, ulong DataBytes)
    : PlanStep(PlanPhase.Exec, "/command")
{
    public override string Name => "exec";

    public override string? Path => Arguments[0];

    public override StepFields Fields => new(StepKind.Exec)
    {
        WordsA = Arguments,
        WordsB = Environment,
        Value2 = DataBytes,
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
            text += " " + Words.Quote(variable[..variable.IndexOf('=')]);
        }

        return text;
    }
}
