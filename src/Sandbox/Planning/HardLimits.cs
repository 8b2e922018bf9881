using Sandbox.Interop;

namespace Sandbox.Planning;

/// <summary>How far this process may raise each limit (getrlimit(2)); a job never gets more.</summary>
/// <param name="limits">By the number of <see cref="Rlimit"/>.</param>
internal sealed class HardLimits(IReadOnlyList<ulong> limits)
{
    private const int Count = (int)Rlimit.Rttime + 1;

    public static HardLimits OfThisProcess()
    {
        var limits = new ulong[Count];
        for (var resource = 0; resource < Count; resource++)
        {
            limits[resource] = Libc.HardLimit(resource) is { } limit ? (ulong)limit : Steps.RlimitStep.Unlimited;
        }

        return new HardLimits(limits);
    }

    public ulong Of(Rlimit resource) => limits[(int)resource];
}
