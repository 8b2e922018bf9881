using System.Runtime.CompilerServices;
using Xunit;
using Xunit.v3;

namespace Sandbox.KernelTests;

/// <summary>A test that runs real jobs: it has a timeout, and says what it needs of the machine.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelFactAttribute : FactAttribute, ITraitAttribute
{
    private readonly Needs _needs;

    public KernelFactAttribute(
        Needs needs = Needs.Nothing,
        string? tool = null,
        [CallerFilePath] string? sourceFilePath = null,
        [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        _needs = needs;
        Timeout = 30_000 * Requirements.Slowness;
        Skip = Requirements.ReasonToSkip(needs, tool);
    }

    /// <inheritdoc />
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => Traits.Of(_needs);
}
