using System.Runtime.CompilerServices;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Interop;

public sealed class ReportRecordTests
{
    // A record of another size is taken for a launcher that is gone.
    [Fact]
    public void The_size_of_a_record_is_that_of_its_fields() => Assert.Equal(ReportRecord.Size, Unsafe.SizeOf<ReportRecord>());
}
