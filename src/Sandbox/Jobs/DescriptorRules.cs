using System.Globalization;
using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>Checks and writes <c>descriptors</c>: the pipes that a process has beside its standard streams.</summary>
internal static class DescriptorRules
{
    // native/launcher/plan.h, PLAN_FIRST_PIPE and PLAN_LAST_PIPE.
    /// <summary>The lowest number.</summary>
    public const int First = 3;

    /// <summary>The highest number.</summary>
    public const int Last = 47;

    /// <summary>What is wrong with any other number.</summary>
    public const string NumberProblem = "the number of a descriptor must be \"3\" to \"47\"";

    /// <summary>The number that a name stands for; null for none. There is one way of writing each, so that no two members mean the same one.</summary>
    public static int? NumberOf(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= First and <= Last && name == number.ToString(CultureInfo.InvariantCulture) ? number : null;

    /// <summary>Notes every problem but those that only show with the other processes of the job.</summary>
    public static void Check(JobSpec job, ProblemList problems)
    {
        var descriptors = job.Descriptors;
        if (descriptors is null)
        {
            problems.Add("/descriptors", "must not be null");
            return;
        }

        var numbers = new HashSet<int>();
        foreach (var descriptor in descriptors)
        {
            if (descriptor.Number is < First or > Last)
            {
                problems.Add(PointerOf(descriptor), NumberProblem);
            }
            else if (!numbers.Add(descriptor.Number))
            {
                problems.Add(PointerOf(descriptor), "is given already");
            }
        }

        // The policy's own, which the job never has, takes the lowest number that is free when the limit is in force already (LimitTable).
        var free = Enumerable.Range(First, Last - First + 2).First(number => !numbers.Contains(number));
        if (numbers.Count > 0 && job.Limits?.OpenFiles <= free)
        {
            problems.Add("/limits/openFiles", string.Create(CultureInfo.InvariantCulture, $"must be at least {free + 1} with these descriptors"));
        }
    }

    /// <summary>The place of one.</summary>
    public static string PointerOf(PipeDescriptor descriptor) => string.Create(CultureInfo.InvariantCulture, $"/descriptors/{descriptor.Number}");

    /// <summary>Writes the member, unless there are none.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<PipeDescriptor> descriptors)
    {
        if (descriptors.Count == 0)
        {
            return;
        }

        json.WriteStartObject("descriptors");
        foreach (var descriptor in descriptors)
        {
            json.WriteStartObject(descriptor.Number.ToString(CultureInfo.InvariantCulture));
            json.WriteString("pipe", descriptor.Pipe);
            MountWriter.WriteTrue(json, "write", descriptor.Write);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
