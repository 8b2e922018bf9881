using System.Text.Json;

namespace Sandbox.Jobs;

/// <summary>The members for what a job finds of its system: <c>domainname</c>, <c>extraHosts</c>, <c>dns</c>, <c>sysctls</c>, <c>oomScoreAdj</c> and <c>rlimits</c>.</summary>
internal static class SystemForm
{
    /// <summary>The members of <c>dns</c>.</summary>
    public static readonly string[] Dns = ["servers", "search", "options"];

    /// <summary>The members of an entry of <c>rlimits</c>.</summary>
    public static readonly string[] Range = ["soft", "hard"];

    /// <summary>Reads one of them; null for another member.</summary>
    public static JobSpec? Read(ref JsonCursor json, string member, JobSpec spec) => member switch
    {
        "domainname" => spec with { Domainname = json.Text("must be a string") },
        "extraHosts" => spec with { ExtraHosts = Texts(ref json, "must be an object such as { \"db.example.org\": \"10.0.0.5\" }") },
        "dns" => spec with { Dns = ReadDns(ref json) },
        "sysctls" => spec with { Sysctls = Texts(ref json, "must be an object such as { \"net.core.somaxconn\": \"1024\" }") },
        "oomScoreAdj" => spec with { OomScoreAdj = (int)Math.Clamp(json.Integer("must be a whole number from 0 to 1000") ?? spec.OomScoreAdj, -1, 1001) },
        "rlimits" => spec with { Rlimits = ReadRlimits(ref json) },
        _ => null,
    };

    /// <summary>Writes those that are not as usual.</summary>
    public static void Write(Utf8JsonWriter json, JobSpec job)
    {
        WriteTexts(json, "extraHosts", job.ExtraHosts);
        if (job.Dns is { } dns)
        {
            json.WriteStartObject("dns");
            WriteList(json, "servers", dns.Servers);
            WriteList(json, "search", dns.Search);
            WriteList(json, "options", dns.Options);
            json.WriteEndObject();
        }

        WriteTexts(json, "sysctls", job.Sysctls);
        if (job.OomScoreAdj != JobSpec.UsualOomScoreAdj)
        {
            json.WriteNumber("oomScoreAdj", job.OomScoreAdj);
        }

        if (job.Rlimits.Count > 0)
        {
            json.WriteStartObject("rlimits");
            foreach (var (name, range) in job.Rlimits)
            {
                json.WriteStartObject(name);
                WriteNumber(json, "soft", range.Soft);
                WriteNumber(json, "hard", range.Hard);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }
    }

    private static DnsSettings? ReadDns(ref JsonCursor json)
    {
        var dns = new DnsSettings();
        if (!json.EnterObject("must be an object such as { \"search\": [\"example.org\"] }"))
        {
            return null;
        }

        while (json.NextMember(Dns) is { } member)
        {
            var texts = FieldReaders.Texts(ref json, "must be a list of strings");
            dns = member switch
            {
                "servers" => dns with { Servers = texts },
                "search" => dns with { Search = texts },
                _ => dns with { Options = texts },
            };
        }

        return dns;
    }

    private static Dictionary<string, RlimitRange> ReadRlimits(ref JsonCursor json)
    {
        var limits = new Dictionary<string, RlimitRange>(StringComparer.Ordinal);
        if (!json.EnterObject("must be an object such as { \"nofile\": { \"soft\": 256 } }"))
        {
            return limits;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(seen) is { } name)
        {
            var range = new RlimitRange();
            if (json.EnterObject("must be an object such as { \"soft\": 256, \"hard\": 1024 }"))
            {
                while (json.NextMember(Range) is { } member)
                {
                    var number = json.Integer("must be a whole number, in the units of getrlimit(2)");
                    range = member == "soft" ? range with { Soft = number } : range with { Hard = number };
                }
            }

            limits[name] = range;
        }

        return limits;
    }

    private static Dictionary<string, string> Texts(ref JsonCursor json, string expected)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!json.EnterObject(expected))
        {
            return texts;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey(seen) is { } name)
        {
            texts[name] = json.Text("must be a string")!;
        }

        return texts;
    }

    private static void WriteTexts(Utf8JsonWriter json, string member, IReadOnlyDictionary<string, string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        json.WriteStartObject(member);
        foreach (var (name, text) in texts)
        {
            json.WriteString(name, text);
        }

        json.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter json, string member, IReadOnlyList<string> texts)
    {
        if (texts.Count > 0)
        {
            ResultWriter.WriteTexts(json, member, texts);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string member, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(member, value);
        }
    }
}
