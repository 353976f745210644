"""The before/after report: one HTML file that opens from disk and loads nothing.

`write_report(request)` is the door. `clips` reads, `survey` looks at every frame once, `pictures` and `charts` draw,
`readings` takes the measures, `digests` names files by their bytes, `page` fills `page.html`, `report.css` and
`report.js`.
"""

from reelmend.quality.report.build import Report, ReportRequest, write_report
from reelmend.quality.report.page import Fact
from reelmend.quality.report.pictures import Display

__all__ = ["Display", "Fact", "Report", "ReportRequest", "write_report"]
