using Sandbox.Jobs;

namespace Sandbox;

/// <summary>What a misspelt name was meant to be, as <see cref="JobProblem.Suggestion"/> is found.</summary>
public static class NearestName
{
    /// <summary>The nearest of the known names, or null when none is near enough to be meant: one slip in three letters.</summary>
    /// <param name="given">What somebody wrote.</param>
    /// <param name="known">The names that there are.</param>
    public static string? Of(string given, params ReadOnlySpan<string> known)
    {
        ArgumentNullException.ThrowIfNull(given);
        return Suggestions.For(given, known);
    }
}
