using Microsoft.Extensions.Options;

namespace Sandbox.Hosting;

/// <summary>Refuses options that cannot work, when the host starts, with every problem.</summary>
internal sealed class SandboxOptionsValidation : IValidateOptions<SandboxHostOptions>
{
    // What a timer can count (Timer's own bound, 49 days).
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SandboxHostOptions options)
    {
        List<string> problems = [.. SandboxRunner.Check(options.ToRunnerOptions())];
        if (options.DrainTimeout < TimeSpan.Zero || options.DrainTimeout > s_longest)
        {
            problems.Add($"{nameof(options.DrainTimeout)}: {options.DrainTimeout} is not between 0 and {s_longest.Days} days");
        }

        if (options.HealthCheckTimeout <= TimeSpan.Zero || options.HealthCheckTimeout > s_longest)
        {
            problems.Add($"{nameof(options.HealthCheckTimeout)}: {options.HealthCheckTimeout} is not above 0 and below {s_longest.Days} days");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
