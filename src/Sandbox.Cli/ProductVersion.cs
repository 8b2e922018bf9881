using System.Reflection;

namespace Sandbox.Cli;

/// <summary>The version of the product, which the build writes into the assembly.</summary>
internal static class ProductVersion
{
    /// <summary>Such as <c>0.1.0</c>.</summary>
    public static string Text =>
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>The commit it was built from, with <c>-dirty</c> if files of it were changed; null if it was built outside of a clone.</summary>
    public static string? Commit =>
        typeof(ProductVersion).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(entry => entry.Key == "Commit")?.Value is { Length: > 0 } commit ? commit : null;
}
