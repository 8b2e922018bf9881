using System.Reflection;

namespace Sandbox.Cli;

/// <summary>The version of the product, which the build writes into the assembly.</summary>
internal static class ProductVersion
{
    public static string Text =>
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
}
