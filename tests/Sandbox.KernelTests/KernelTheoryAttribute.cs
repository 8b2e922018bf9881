using System.Runtime.CompilerServices;
using Xunit;
using Xunit.v3;

namespace Sandbox.KernelTests;

/// <summary>As <see cref="KernelFactAttribute"/>, for one behaviour tried in several ways.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelTheoryAttribute : TheoryAttribute, ITraitAttribute
{
    private readonly Needs _needs;

    public KernelTheoryAttribute(
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
