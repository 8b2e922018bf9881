using Sandbox.Host;

namespace Sandbox.Resources.Limits;

/// <summary>Whether the host merges pages of equal content (ksm.rst), which then show in every process that has one.</summary>
internal static class HostMerging
{
    private static readonly Lazy<bool> s_isOn = new(static () => new HostFiles().Text("/sys/kernel/mm/ksm/run").StartsWith('1'));

    /// <summary>It did when the first job asked.</summary>
    public static bool IsOn => s_isOn.Value;
}
