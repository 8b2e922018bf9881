using System.Reflection;
using System.Text;
using Sandbox.Server.Trust;
using Xunit;

namespace Sandbox.Tests.Server;

public sealed class TrustBoundaryTests
{
    // What lets parts through, with the cases that are refused as a whole left out.
    private static readonly Type[] s_parts =
    [
        typeof(ImageRootfs), typeof(TmpfsMount), typeof(SymlinkMount), typeof(StoredMount), typeof(VolumeMount), typeof(InjectedFile), typeof(InlineContent), typeof(StoredContent), typeof(ContentStdin), typeof(PipeStdin), typeof(PipeOutput), typeof(PipeDescriptor),
        typeof(OutputSpec), typeof(DiffSpec), typeof(NamedPolicy), typeof(JobUser), typeof(BindMount), typeof(FileContent), typeof(DirectoryRootfs), typeof(FileOutput), typeof(PolicyFile), typeof(EgressNetwork), typeof(JoinedNetwork), typeof(PortMapping),
        typeof(IpcNamespace),
    ];

    [Fact]
    public void Every_member_of_a_job_has_a_row_and_no_row_is_of_anything_else()
    {
        var members = typeof(JobSpec).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name);

        Assert.Equal(members.Order(StringComparer.OrdinalIgnoreCase), TrustBoundary.Rows.Select(row => row.Member).Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public void Every_member_of_what_is_let_through_in_part_was_looked_at()
    {
        var members = s_parts.SelectMany(part => part.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => $"{part.Name}.{property.Name}"));

        Assert.Equal(members.Order(StringComparer.Ordinal), TrustBoundary.KnownParts.Order(StringComparer.Ordinal));
    }

    // A new case of a union is refused by the rules, which name those that are not; here it has to be counted.
    [Theory]
    [InlineData(typeof(Rootfs), 4)]
    [InlineData(typeof(Mount), 6)]
    [InlineData(typeof(Content), 3)]
    [InlineData(typeof(Stdin), 5)]
    [InlineData(typeof(OutputStream), 7)]
    [InlineData(typeof(Network), 6)]
    [InlineData(typeof(Seccomp), 3)]
    public void Every_case_of_a_union_was_looked_at(Type union, int cases) =>
        Assert.Equal(cases, union.Assembly.GetTypes().Count(type => type.BaseType == union));

    [Theory]
    [InlineData("\"rootfs\": { \"directory\": \"/srv\" }", "/rootfs/directory")]
    [InlineData("\"rootfs\": { \"image\": \"/srv/image.tar\" }", "/rootfs/image")]
    [InlineData("\"mounts\": [{ \"type\": \"bind\", \"source\": \"/etc\", \"target\": \"/x\" }]", "/mounts/0")]
    [InlineData("\"mounts\": [{ \"type\": \"tmpfs\", \"target\": \"/y\" }, { \"type\": \"overlay\", \"source\": \"/etc\", \"target\": \"/x\" }]", "/mounts/1")]
    [InlineData("\"mounts\": [{ \"type\": \"volume\", \"source\": \"cache\", \"target\": \"/x\", \"readOnly\": true }]", "/mounts/0")]
    [InlineData("\"files\": { \"/work/a\": { \"from\": \"/etc/passwd\" } }", "/files/~1work~1a")]
    [InlineData("\"stdin\": { \"from\": \"/etc/passwd\" }", "/stdin")]
    [InlineData("\"stdin\": \"inherit\"", "/stdin")]
    [InlineData("\"stdout\": \"inherit\"", "/stdout")]
    [InlineData("\"stdout\": { \"to\": \"/tmp/x\" }", "/stdout")]
    [InlineData("\"stderr\": { \"to\": \"/tmp/x\" }", "/stderr")]
    [InlineData("\"outputs\": [{ \"path\": \"/work/a\", \"to\": \"/tmp/a\" }]", "/outputs/0/to")]
    [InlineData("\"outputs\": [{ \"path\": \"/work/a\", \"to\": \"store\" }, { \"path\": \"/work/b\", \"to\": \"/store\" }]", "/outputs/1/to")]
    [InlineData("\"diff\": { \"to\": \"/tmp/a.tar\" }", "/diff/to")]
    [InlineData("\"network\": \"host\"", "/network")]
    [InlineData("\"seccomp\": { \"file\": \"/tmp/p.json\" }", "/seccomp")]
    [InlineData("\"capabilities\": [\"CAP_CHOWN\"]", "/capabilities")]
    [InlineData("\"subids\": true", "/subids")]
    [InlineData("\"devices\": [\"/dev/fuse\"]", "/devices")]
    [InlineData("\"cpuset\": \"0\"", "/cpuset")]
    [InlineData("\"oomScoreAdj\": 999", "/oomScoreAdj")]
    [InlineData("\"limits\": { \"cpuWeight\": 101 }", "/limits/cpuWeight")]
    [InlineData("\"network\": \"loopback\", \"sysctls\": { \"net.core.somaxconn\": \"1\" }", "/sysctls")]
    [InlineData("\"network\": { \"egress\": \"any\" }", "/network/egress")]
    [InlineData("\"network\": \"loopback\", \"ports\": [\"80\"]", "/ports/0")]
    [InlineData("\"network\": { \"egress\": [\"example.org:443\"] }", "/network/egress")]
    [InlineData("\"network\": { \"join\": \"net\" }", "/network/join")]
    public void What_belongs_to_the_machine_is_refused_where_it_was_asked_for(string members, string pointer)
    {
        var problem = Assert.Single(TrustBoundary.Check(Job(members), Allowances.None));

        Assert.Equal(pointer, problem.Pointer);
    }

    [Theory]
    [InlineData("\"name\": \"a\"")]
    [InlineData("\"rootfs\": \"empty\"")]
    [InlineData("\"rootfs\": { \"image\": \"debian:12\" }")]
    [InlineData("\"mounts\": [{ \"type\": \"tmpfs\", \"target\": \"/x\" }, { \"type\": \"symlink\", \"source\": \"/etc/passwd\", \"target\": \"/y\" }]")]
    [InlineData("\"files\": { \"/work/a\": { \"text\": \"a\" }, \"/work/b\": { \"base64\": \"YQ==\" } }")]
    [InlineData("\"stdin\": { \"text\": \"a\" }")]
    [InlineData("\"stdout\": \"capture\", \"stderr\": \"stdout\"")]
    [InlineData("\"outputs\": [{ \"path\": \"/work/*\", \"to\": \"store\", \"optional\": true }]")]
    [InlineData("\"network\": \"loopback\", \"seccomp\": \"judge\", \"user\": \"root\"")]
    public void What_touches_nothing_of_the_machine_may_run(string members) => Assert.Empty(TrustBoundary.Check(Job(members), Allowances.None));

    [Theory]
    [InlineData("network=host", "\"network\": \"host\"")]
    [InlineData("egress=example.org:443", "\"network\": { \"egress\": [\"example.org:443\"] }")]
    [InlineData("join=net", "\"network\": { \"join\": \"net\", \"name\": \"db\" }")]
    [InlineData("volume=cache", "\"mounts\": [{ \"type\": \"volume\", \"source\": \"cache\", \"target\": \"/x\", \"create\": true }]")]
    [InlineData("port=127.0.0.1:0", "\"network\": \"loopback\", \"ports\": [\"80\"]")]
    [InlineData("port=127.0.0.1:8080", "\"network\": \"loopback\", \"ports\": [\"8080:80\"]")]
    [InlineData("cpuset", "\"cpuset\": \"0\"")]
    [InlineData("subids", "\"subids\": true")]
    [InlineData("capabilities", "\"capabilities\": [\"CHOWN\"]")]
    [InlineData("device=/dev/fuse", "\"devices\": [\"/dev/fuse\"]")]
    [InlineData("bind=ro:/usr", "\"mounts\": [{ \"type\": \"bind\", \"source\": \"/usr/bin\", \"target\": \"/x\" }]")]
    [InlineData("bind=rw:/usr", "\"mounts\": [{ \"type\": \"bind\", \"source\": \"/usr/bin\", \"target\": \"/x\", \"writable\": true }]")]
    [InlineData("file=/etc", "\"stdin\": { \"from\": \"/etc/passwd\" }")]
    [InlineData("file=/etc", "\"files\": { \"/work/a\": { \"from\": \"/etc/passwd\" } }")]
    [InlineData("policy=/etc", "\"seccomp\": \"/etc/passwd\"")]
    [InlineData("image=/etc", "\"rootfs\": { \"image\": \"/etc/passwd\" }")]
    [InlineData("rootfs=/etc", "\"rootfs\": { \"directory\": \"/etc\", \"writable\": true }")]
    [InlineData("output=/etc", "\"stdout\": { \"to\": \"/etc/x\" }")]
    [InlineData("output=/etc", "\"stderr\": { \"to\": \"/etc/x\" }")]
    [InlineData("output=/etc", "\"outputs\": [{ \"path\": \"/work/a\", \"to\": \"/etc/\" }]")]
    [InlineData("output=/etc", "\"diff\": { \"to\": \"/etc/x.tar\" }")]
    public void What_one_allows_no_other_does(string allowed, string members)
    {
        var others = new[]
        {
            "network=host", "egress=example.org:443", "egress=*.example.com", "join=net", "join=other", "volume=cache", "volume=other", "port=127.0.0.1:8080", "port=127.0.0.1:0", "port=0.0.0.0:8080", "cpuset", "subids", "capabilities", "device=/dev/fuse",
            "bind=ro:/usr", "bind=rw:/usr", "bind=ro:/etc", "bind=rw:/etc", "file=/etc", "policy=/etc", "image=/etc", "rootfs=/etc", "output=/etc",
        };

        Assert.Empty(TrustBoundary.Check(Job(members), Of(allowed)));
        Assert.Single(TrustBoundary.Check(Job(members), Of([.. others.Where(other => other != allowed && !(allowed == "bind=ro:/usr" && other == "bind=rw:/usr"))])));
    }

    [Theory]
    [InlineData("file=/etc", "\"stdin\": { \"from\": \"/etc/\" }", "it is no regular file")]
    [InlineData("file=/dev", "\"stdin\": { \"from\": \"/dev/zero\" }", "it is no regular file")]
    [InlineData("policy=/dev", "\"seccomp\": \"/dev/zero\"", "it is no regular file")]
    [InlineData("image=/dev", "\"rootfs\": { \"image\": \"/dev/zero\" }", "it is neither a regular file nor a directory")]
    [InlineData("rootfs=/etc", "\"rootfs\": { \"directory\": \"/etc/passwd\" }", "it is no directory")]
    [InlineData("output=/etc", "\"stdout\": { \"to\": \"/etc/passwd/x\" }", "no such file or directory")]
    [InlineData("output=/etc", "\"outputs\": [{ \"path\": \"/a\", \"to\": \"/etc/../x\" }]", "leads out")]
    [InlineData("output=/proc/self", "\"outputs\": [{ \"path\": \"/a\", \"to\": \"/proc/self/fd/0/x\" }]", "ELOOP")]
    [InlineData("output=/proc/self", "\"outputs\": [{ \"path\": \"/a\", \"to\": \"/proc/self/root/tmp/x\" }]", "ELOOP")]
    public void What_is_of_another_kind_or_leads_out_is_refused_and_why(string allowed, string members, string why) =>
        Assert.Contains(why, Assert.Single(TrustBoundary.Check(Job(members), Of(allowed))).Message, StringComparison.Ordinal);

    private static Allowances Of(params string[] texts)
    {
        var allowed = new Allowances();
        foreach (var text in texts)
        {
            allowed.Add(text);
        }

        return allowed;
    }

    [Fact]
    public void Everything_that_is_refused_is_said_at_once()
    {
        var problems = TrustBoundary.Check(Job("\"network\": \"host\", \"cpuset\": \"0\", \"stdin\": \"inherit\""), Allowances.None);

        Assert.Equal(["/cpuset", "/network", "/stdin"], problems.Select(problem => problem.Pointer).Order(StringComparer.Ordinal));
    }

    // Made in code, past the reader: what could be taken for a path is none of a store's names.
    [Theory]
    [InlineData("./image")]
    [InlineData("../image")]
    [InlineData("image.tar")]
    [InlineData("image.tar.gz")]
    [InlineData("image.tgz")]
    [InlineData("/image")]
    public void An_image_by_a_path_of_any_kind_is_refused(string reference) =>
        Assert.Single(TrustBoundary.Check(new JobSpec() { Command = ["a"], Rootfs = Rootfs.Image(reference) }, Allowances.None));

    [Fact]
    public void A_relative_path_starts_from_nowhere() =>
        Assert.Throws<InvalidJobException>(() => Job("\"rootfs\": { \"image\": \"./image\" }"));

    [Fact]
    public void The_page_has_the_table()
    {
        var page = Repository.Read("docs/serve.md");

        Assert.All(TrustBoundary.Rows, row => Assert.Contains($"| `{row.Member}` | {row.Allowed} |", page, StringComparison.Ordinal));
    }

    private static JobSpec Job(string members) => JobFile.Parse(Encoding.UTF8.GetBytes($"{{ \"command\": [\"true\"], {members} }}"), "");
}
