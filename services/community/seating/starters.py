"""Base rounds that our own search (`cyclic`) found in minutes, and that it seldom finds in seconds."""

from services.community.seating.cyclic import Design, Symmetry

# By tables, size and rounds. 8-4-10: 470 of 480 meetings; all 480 are known to be possible (A. Aguado, 2004).
STARTERS: dict[tuple[int, int, int], tuple[Symmetry, Design]] = {
    (8, 4, 10): (
        Symmetry(10, 2, (10,)),
        [
            [
                [7, 6, 29, 3],
                [31, 25, 4, 17],
                [11, 5, 14, 15],
                [9, 16, 1, 26],
                [18, 28, 0, 24],
                [12, 8, 10, 27],
                [22, 30, 2, 13],
                [21, 20, 19, 23],
            ]
        ],
    ),
}
